"""The kinds of local data that applications hold and that the SCDL and its neighbours give a common shape."""

# code: (French, English)
DOMAINES: dict[str, tuple[str, str]] = {
    "deliberations": ("Délibérations", "Council decisions"),
    "subventions": ("Subventions", "Grants"),
    "marches-publics": ("Marchés publics", "Public contracts"),
    "budget": ("Budget", "Budget"),
    "menus-cantines": ("Menus des cantines", "School meal menus"),
    "equipements": ("Équipements collectifs", "Public facilities"),
    "prenoms": ("Prénoms des nouveau-nés", "First names of newborns"),
    "catalogue": ("Catalogue des jeux de données", "Catalogue of datasets"),
    "adresses": ("Adresses", "Addresses"),
    "stationnement": ("Stationnement", "Parking"),
    "bornes-recharge": ("Bornes de recharge", "Charging points"),
    "defibrillateurs": ("Défibrillateurs", "Defibrillators"),
    "arbres": ("Patrimoine arboré", "Urban trees"),
    "evenements": ("Événements publics", "Public events"),
    "associations": ("Associations", "Associations"),
    "urbanisme": ("Autorisations d'urbanisme", "Planning permissions"),
    "elus": ("Élus et assemblées", "Elected representatives"),
}
