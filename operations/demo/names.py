"""Names of made-up people from many places, with the Latin spelling their addresses use.

Frequent given and family names, put together at random: nobody in particular is meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

# "native=latin" where the two differ.
_Words = tuple[tuple[str, str], ...]


def _words(text: str) -> _Words:
    pairs = (word.partition("=") for word in text.split())
    return tuple((native.replace("_", " "), (latin or native).replace("_", "-").lower()) for native, _, latin in pairs)


@dataclass(frozen=True, slots=True)
class Culture:
    """A way of naming people, and where they live."""

    locale: str
    zones: tuple[str, ...]
    weight: int
    given: _Words
    family: _Words
    family_first: bool = False
    joint: str = " "


CULTURES = (
    Culture(
        "en-us",
        ("America/New_York", "America/Chicago", "America/Los_Angeles", "America/Denver"),
        22,
        _words("Olivia Liam Emma Noah Ava Mason Harper Ethan Zoe Jayden Aaliyah Caleb Grace DeShawn Hannah Tyler"),
        _words("Smith Johnson Williams Brown Jones Miller Davis Wilson Anderson Jackson Harris Washington Nguyen Park"),
    ),
    Culture(
        "en-gb",
        ("Europe/London", "Europe/Dublin"),
        8,
        _words("Amelia Oliver Isla Arthur Freya Alfie Niamh=niamh Siobhán=siobhan Callum Priya Rhys Imogen"),
        _words("Taylor Evans Hughes O’Brien=obrien Murphy Patel Campbell Wright Begum MacDonald Thomas Walsh"),
    ),
    Culture(
        "de",
        ("Europe/Berlin", "Europe/Vienna", "Europe/Zurich"),
        9,
        _words(
            "Lena Jonas Jürgen=juergen Käthe=kaethe Björn=bjoern Maximilian Leonie Sebastian Franziska Emre Ayşe=ayse"
        ),
        _words(
            "Müller=mueller Schmidt Schröder=schroeder Weiß=weiss Groß=gross Yılmaz=yilmaz Hoffmann "
            "von_der_Heide=vonderheide Leutheusser-Schnarrenberger Krüger=krueger Baumgartner"
        ),
    ),
    Culture(
        "fr",
        ("Europe/Paris", "Europe/Brussels", "America/Montreal"),
        7,
        _words(
            "Chloé=chloe Léa=lea Hugo Théo=theo Zoé=zoe François=francois Amélie=amelie Noël=noel Maëlys=maelys Rachid"
        ),
        _words("Dupont Lefèvre=lefevre Moreau Benoît=benoit d’Aubigné=daubigne Garçon=garcon Bouchard Tremblay Diallo"),
    ),
    Culture(
        "es",
        ("Europe/Madrid", "America/Mexico_City", "America/Bogota", "America/Argentina/Buenos_Aires"),
        9,
        _words("Lucía=lucia Mateo Sofía=sofia Íñigo=inigo José_Luis=joseluis Ximena Joaquín=joaquin Begoña=begona Ana"),
        _words(
            "García_Márquez=garciamarquez Núñez=nunez Hernández_López=hernandezlopez Ibáñez=ibanez Peña=pena "
            "Rodríguez=rodriguez de_la_Fuente=delafuente Quispe"
        ),
    ),
    Culture(
        "pt-br",
        ("America/Sao_Paulo", "America/Recife", "Europe/Lisbon"),
        6,
        _words("João=joao Ana_Beatriz=anabeatriz Conceição=conceicao Thiago Luíza=luiza Caetano Gonçalo=goncalo"),
        _words(
            "da_Silva=dasilva Gonçalves=goncalves Araújo=araujo dos_Santos=dossantos Magalhães=magalhaes Nascimento"
        ),
    ),
    Culture(
        "pl",
        ("Europe/Warsaw", "Europe/Prague"),
        4,
        _words(
            "Zofia Łukasz=lukasz Agnieszka Stanisław=stanislaw Małgorzata=malgorzata Jiří=jiri Žofie=zofie Grzegorz"
        ),
        _words("Kowalska=kowalska Wiśniewski=wisniewski Brzęczyszczykiewicz=brzeczyszczykiewicz Dvořák=dvorak"),
    ),
    Culture(
        "sv",
        ("Europe/Stockholm", "Europe/Copenhagen", "Atlantic/Reykjavik"),
        4,
        _words("Åsa=asa Søren=soren Ingrid Björk=bjork Göran=goran Þóra=thora Astrid Øystein=oystein"),
        _words(
            "Lindström=lindstrom Guðmundsdóttir=gudmundsdottir Sjöberg=sjoberg Kjærgaard=kjaergaard Åkesson=akesson"
        ),
    ),
    Culture(
        "tr",
        ("Europe/Istanbul",),
        3,
        _words("Elif Çağla=cagla Ömer=omer Şeyma=seyma İbrahim=ibrahim Gülşen=gulsen Barış=baris"),
        _words("Öztürk=ozturk Şahin=sahin Çelik=celik Yıldırım=yildirim Kılıç=kilic Aydın=aydin"),
    ),
    Culture(
        "uk",
        ("Europe/Kyiv", "Europe/Sofia", "Asia/Almaty"),
        4,
        _words("Олена=olena Дмитро=dmytro Анна=anna Георги=georgi Айгүл=aigul Мария=maria Ярослав=yaroslav"),
        _words(
            "Шевченко=shevchenko Коваленко=kovalenko Иванова=ivanova Димитров=dimitrov Нұрланов=nurlanov Бондар=bondar"
        ),
    ),
    Culture(
        "ar",
        ("Africa/Cairo", "Asia/Dubai", "Asia/Riyadh", "Africa/Casablanca"),
        6,
        _words("محمد=mohamed فاطمة=fatima يوسف=youssef مريم=maryam عبد_الرحمن=abdelrahman نور=nour ليلى=layla"),
        _words("المصري=elmasry الحسيني=alhusseini بن_يوسف=benyoussef العلوي=alaoui الخطيب=alkhatib حداد=haddad"),
    ),
    Culture(
        "he",
        ("Asia/Jerusalem",),
        2,
        _words("נועה=noa איתי=itai תמר=tamar יונתן=yonatan שירה=shira"),
        _words("כהן=cohen לוי=levi בן־דוד=bendavid מזרחי=mizrahi פרידמן=friedman"),
    ),
    Culture(
        "fa",
        ("Asia/Tehran", "Asia/Karachi"),
        2,
        _words("زهرا=zahra آرش=arash شیرین=shirin کیان=kian عائشہ=ayesha"),
        _words("حسینی=hosseini رضایی=rezaei خان=khan کریمی=karimi"),
    ),
    Culture(
        "hi",
        ("Asia/Kolkata",),
        6,
        _words("आरव=aarav अनन्या=ananya रोहन=rohan கவிதா=kavitha প্রিয়া=priya Arjun Lakshmi Venkatanarasimharajuvaripeta"),
        _words("शर्मा=sharma सिंह=singh Iyer சுப்பிரமணியம்=subramaniam চট্টোপাধ্যায়=chattopadhyay Reddy Kaur"),
    ),
    Culture(
        "zh-hans",
        ("Asia/Shanghai", "Asia/Taipei", "Asia/Singapore"),
        7,
        _words("伟=wei 芳=fang 娜=na 子轩=zixuan 欣怡=xinyi 浩然=haoran 雨桐=yutong 志明=zhiming"),
        _words("王=wang 李=li 张=zhang 陈=chen 刘=liu 欧阳=ouyang 黄=huang 司马=sima"),
        family_first=True,
        joint="",
    ),
    Culture(
        "ja",
        ("Asia/Tokyo",),
        5,
        _words("陽菜=hina 蓮=ren さくら=sakura 大翔=hiroto 結衣=yui 健一=kenichi"),
        _words("佐藤=sato 鈴木=suzuki 高橋=takahashi 渡邊=watanabe 勅使河原=teshigawara"),
        family_first=True,
    ),
    Culture(
        "ko",
        ("Asia/Seoul",),
        4,
        _words("서연=seoyeon 민준=minjun 지우=jiwoo 하은=haeun 도윤=doyun"),
        _words("김=kim 이=lee 박=park 최=choi 남궁=namgoong"),
        family_first=True,
        joint="",
    ),
    Culture(
        "vi",
        ("Asia/Ho_Chi_Minh", "Asia/Bangkok", "Asia/Jakarta"),
        4,
        _words("Thị_Hương=huong Văn_Đức=duc Minh_Châu=chau สมชาย=somchai ณัฐธิดา=natthida Suharto=suharto Dewi"),
        _words("Nguyễn=nguyen Trần=tran Phạm=pham ศรีสุวรรณ=srisuwan Wijayakusuma"),
        family_first=True,
    ),
    Culture(
        "el",
        ("Europe/Athens", "Asia/Tbilisi"),
        2,
        _words("Ελένη=eleni Νίκος=nikos Δήμητρα=dimitra გიორგი=giorgi ნინო=nino"),
        _words("Παπαδόπουλος=papadopoulos Οικονόμου=oikonomou ბერიძე=beridze"),
    ),
    Culture(
        "en",
        ("Africa/Lagos", "Africa/Nairobi", "Africa/Johannesburg", "Africa/Addis_Ababa"),
        5,
        _words("Chidinma Oluwaseun Wanjiru Thandiwe Kwame Ngozi አበበ=abebe Nokuthula"),
        _words("Okonkwo Adébáyò=adebayo Mwangi Nkosi Mensah Oyelowo-Adeyemi ተስፋዬ=tesfaye van_der_Merwe=vandermerwe"),
    ),
)

# What real tables hold: titles, one-word names, and names near the limit of 200 characters.
RARE = (
    ("Hubert Wolfeschlegelsteinhausenbergerdorff Sr.", "hubert.wolfe"),
    ("Keihanaikukauakahihuliheekahaunaele", "keiha"),
    ("X Æ A-Xii", "xaea"),
    ("Teller", "teller"),
    ("Dr. med. univ. Maria-Magdalena Freifrau von und zu Hohenstein-Waldburg-Zeil auf Trauchburg", "mm.hohenstein"),
    (
        "Pablo Diego José Francisco de Paula Juan Nepomuceno María de los Remedios Cipriano de la Santísima "
        "Trinidad Mártir Patricio Clito Ruiz y Almansa-Echeverría de Todos los Santos",
        "pablo.diego",
    ),
    ("Christopher Null", "c.null"),
    ("D'Arcy-O’Neil, Jr.", "darcy.oneil"),
    ("عبد الله بن عبد العزيز بن محمد آل الشيخ أبو بكر الأندلسي", "abdullah.alandalusi"),
    ("👩‍🎨 Mila", "mila.paints"),
)

# Reserved for examples by RFC 2606: no mail can leave for them.
MAIL_HOSTS = ("mailbox.example", "inbox.example", "post.example", "example.com", "example.net", "example.org")
MAIL_WEIGHTS = (34, 26, 14, 14, 6, 6)

_FIRST = ("Studio", "Atelier", "House of", "Bureau", "Team", "Lab", "Werkstatt", "Oficina", "工房", "مرسم")
_SECOND = (
    "Nordlicht",
    "Marigold",
    "Seven Hills",
    "Ōkami",
    "Papel",
    "Quartz",
    "Lumen",
    "Kaleido",
    "Ferrotype",
    "Blue Heron",
    "Sāmarkand",
    "Tinta",
    "Øresund",
    "Halftone",
    "Paprika",
    "Monsoon",
    "Pixelwald",
    "Baobab",
    "Wren & Finch",
    "Zimt",
)
_THIRD = ("", "", " GmbH", " Ltd", " Inc.", " S.L.", " KK", " Collective", " AB", " & Partners")


def pick_culture(dice: Random) -> Culture:
    """One of the cultures, the frequent ones more often."""
    return dice.choices(CULTURES, weights=[culture.weight for culture in CULTURES])[0]


def person_name(culture: Culture, *, dice: Random) -> tuple[str, str]:
    """A name as its bearer writes it, and the Latin part of an address made from it."""
    if dice.random() < 0.008:
        return dice.choice(RARE)
    given, given_latin = dice.choice(culture.given)
    family, family_latin = dice.choice(culture.family)
    parts = (family, given) if culture.family_first else (given, family)
    return culture.joint.join(parts), f"{given_latin}.{family_latin}"


def company_name(dice: Random) -> str:
    """What a team calls itself."""
    return f"{dice.choice(_FIRST)} {dice.choice(_SECOND)}{dice.choice(_THIRD)}"
