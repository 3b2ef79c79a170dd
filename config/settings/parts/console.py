"""django-unfold: look and feel of the console. Navigation comes from core.console."""

UNFOLD = {
    "SITE_TITLE": "Ballast",
    "SITE_HEADER": "Ballast",
    "SITE_SYMBOL": "anchor",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "COMMAND": {"search_models": False},
    "COLORS": {
        "primary": {
            "50": "oklch(97.5% .014 233)",
            "100": "oklch(94.5% .03 233)",
            "200": "oklch(89% .06 233)",
            "300": "oklch(81% .1 233)",
            "400": "oklch(73% .125 235)",
            "500": "oklch(62% .135 240)",
            "600": "oklch(50% .13 244)",
            "700": "oklch(44% .115 246)",
            "800": "oklch(38% .095 248)",
            "900": "oklch(33% .075 250)",
            "950": "oklch(25% .055 252)",
        },
    },
}
