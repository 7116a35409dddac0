"""What can prevent the embedded servers from starting, said to the person who started them."""


class EmbeddedError(Exception):
    """The servers cannot start; `fr` and `en` give the cause and the way out."""

    def __init__(self, *, fr: str, en: str) -> None:
        super().__init__(f"{fr}\n{en}")
        self.fr = fr
        self.en = en
