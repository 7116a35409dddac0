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

# Other words under which people look for a domain.
DOMAINE_ALIASES: dict[str, tuple[str, ...]] = {
    "deliberations": ("actes", "conseil municipal"),
    "subventions": ("aides", "subvention"),
    "marches-publics": ("DECP", "commande publique", "achats", "données essentielles"),
    "budget": ("finances", "comptes", "TOTEM"),
    "menus-cantines": ("cantine", "restauration scolaire", "menus"),
    "equipements": ("ERP", "équipement"),
    "prenoms": ("état civil", "naissances"),
    "catalogue": ("jeux de données",),
    "adresses": ("BAL", "base adresse locale", "voies"),
    "stationnement": ("parkings", "BNLS"),
    "bornes-recharge": ("IRVE", "véhicules électriques"),
    "defibrillateurs": ("DAE", "défibrillateur"),
    "arbres": ("arbre", "espaces verts"),
    "evenements": ("agenda", "événement"),
    "associations": ("association",),
    "urbanisme": ("permis de construire", "ADS", "PLU"),
    "elus": ("élu", "conseillers"),
}
