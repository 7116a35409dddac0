"""What can go wrong for who reads, verifies or asks for a label."""

from shared.problems import NotFound, Problem, Unavailable


class LabelNotFound(NotFound):
    slug = "label-not-found"
    title_fr = "Label inconnu"
    title_en = "Unknown label"

    @classmethod
    def of(cls, label_id: object) -> "LabelNotFound":
        """Return the problem for an id that names no label."""
        return cls(
            fr=f"Aucun label n'a l'identifiant {label_id} : reprenez l'adresse que donne l'éditeur du progiciel.",
            en=f"No label has the id {label_id}: use the address that the vendor of the application gives.",
        )


class StatusListNotFound(NotFound):
    slug = "status-list-not-found"
    title_fr = "Liste d'état inconnue"
    title_en = "Unknown status list"

    @classmethod
    def of(cls, number: int) -> "StatusListNotFound":
        """Return the problem for a list that no label is in."""
        return cls(
            fr=f"Aucun label n'est dans la liste d'état n° {number} : reprenez l'adresse écrite dans l'attestation.",
            en=f"No label is in the status list {number}: use the address written in the credential.",
        )


class LabelUnreadable(Problem):
    status = 422
    slug = "label-unreadable"
    title_fr = "Attestation illisible"
    title_en = "Unreadable credential"

    @classmethod
    def because(cls, fr: str, en: str) -> "LabelUnreadable":
        """Return the problem for bytes that are no credential in any of its forms."""
        return cls(
            fr=f"Ceci ne peut pas être vérifié : {fr}. Envoyez le fichier tel qu'il a été téléchargé.",
            en=f"This cannot be verified: {en}. Send the file as it was downloaded.",
        )


class LabelSigningUnavailable(Unavailable):
    slug = "label-signing-unavailable"
    title_fr = "Signature des labels indisponible"
    title_en = "Signature of labels not available"

    @classmethod
    def unreadable(cls) -> "LabelSigningUnavailable":
        """Return the problem for a service whose keys cannot be read for the moment."""
        return cls(
            fr="Les clés de ce service ne se lisent pas en ce moment : rien n'est signé ni vérifié ici, et les labels "
            "délivrés restent bons. Son exploitant en trouve la cause dans le journal. Réessayez ensuite.",
            en="The keys of this service cannot be read at the moment: nothing is signed or verified here, and the "
            "labels granted stay good. Its operator finds the cause in the log. Try again afterwards.",
            headers={"Retry-After": "300"},
        )

    @classmethod
    def without_key(cls) -> "LabelSigningUnavailable":
        """Return the problem for a service that has no usable key; its log says why."""
        return cls(
            fr="Ce service n'a pas de clé pour signer : son exploitant en crée une avec « socle keys signing new » et "
            "renseigne SOCLE_VALIDATION_SIGNING_KEYS_FILE (le journal dit ce qui manque). Réessayez ensuite.",
            en="This service has no key to sign with: its operator makes one with `socle keys signing new` and sets "
            "SOCLE_VALIDATION_SIGNING_KEYS_FILE (the log says what is missing). Try again afterwards.",
            headers={"Retry-After": "3600"},
        )
