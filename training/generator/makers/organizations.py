"""Companies, institutions and other bodies, by the hundred thousand."""

from __future__ import annotations

from training.generator.makers.places import _place_word
from training.generator.pools import Pool, last_names
from training.generator.text import Node, Part
from training.generator.world import COUNTRIES, Person, World, maker


def _words(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split(";")]


_LEGAL = Pool(
    _words(
        """Inc.; Inc; LLC; Ltd; Ltd.; Corp.; Corporation; PLC; plc; GmbH; AG; S.A.; SARL; B.V.; Co.;
        & Co.; LLP; Group; Holdings; Pty Ltd; S.p.A.; AB; Oy; Limited; Pvt. Ltd.; L.L.C.; SE; KG"""
    ),
    closed=True,
)
_HEADS = Pool(
    _words(
        """Bright;North;Blue;Green;Silver;Summit;River;Stone;Cloud;Star;Nova;Apex;Vertex;Prime;Core;
        Wave;Path;Way;Light;Global;First;True;Clear;Swift;Quick;Smart;Open;Next;Iron;Oak;Pine;Fox;
        Hawk;Lion;Atlas;Orbit;Pulse;Spark;Forge;Craft;Mint;Leaf;Harbor;Anchor;Compass;Bridge;Tower;
        Peak;Evergreen;Redwood;Granite;Crystal;Golden;Royal;United;Pacific;Atlantic;Continental;
        National;General;Universal;Metro;Urban;Coastal;Mountain;Valley;Prairie;Heritage;Legacy;
        Pioneer;Frontier;Liberty;Eagle;Falcon;Phoenix;Quantum;Fusion;Zenith;Horizon;Aurora;Eclipse;
        Lunar;Solar;Stellar;Cascade;Delta;Sigma;Omega;Alpha;Beacon;Keystone;Cornerstone;Sterling"""
    )
)
_TAILS = Pool(
    _words(
        """Systems;Solutions;Technologies;Industries;Logistics;Foods;Energy;Media;Partners;Consulting;
        Financial;Capital;Insurance;Bank;Pharmaceuticals;Labs;Software;Networks;Motors;Airlines;
        Construction;Properties;Realty;Retail;Stores;Outfitters;Electronics;Robotics;Analytics;
        Security;Healthcare;Dental;Plumbing;Roofing;Landscaping;Catering;Bakery;Brewing;Travel;
        Freight;Shipping;Textiles;Furniture;Publishing;Studios;Entertainment;Games;Fitness;Telecom;
        Mobile;Wireless;Power;Water;Mining;Steel;Chemicals;Plastics;Packaging;Agriculture;Farms;
        Design;Marketing;Staffing;Legal;Accounting;Engineering;Architects;Biotech;Diagnostics;Credit Union;
        Savings Bank;Mutual;Trust;Ventures;Equity;Advisors;Supply;Hardware;Auto Repair;Cafe;Bistro"""
    ),
    closed=True,
)
_CLINICS = Pool(
    _words(
        """Family Clinic;General Hospital;Medical Center;Memorial Hospital;Community Hospital;
        Health Center;Children's Hospital;Urgent Care;Regional Medical Center;Dental Care;
        Medical Practice;Surgery Center;Rehabilitation Center;Hospice;Eye Clinic;Physiotherapy;
        Women's Health;Cancer Center;Imaging Center;Veterinary Clinic;Infirmary;NHS Trust"""
    ),
    closed=True,
)
_BODIES = Pool(
    _words(
        """Foundation;Association;Society;Institute;Council;Trust;Federation;Union;Alliance;Committee;
        Coalition;League;Network;Charity;Food Bank;Rotary Club;Youth Club;Historical Society;
        Rowing Club;Football Club;Church;Parish;Mosque;Synagogue;Animal Shelter;Housing Association;
        Relief Fund;Workers Union;Chamber of Commerce;Police Department;Fire Department;
        Public Library;School District;Water Authority;Department of Health;Housing Authority;
        City Council;County Board;Bar Association;Medical Society;Conservation Trust;Choir;
        Volunteer Corps;Research Institute;Arts Council;Cycling Club;Tenants' Association"""
    ),
    closed=True,
)
_FAMOUS_BODIES = Pool(
    _words(
        """United Nations;World Health Organization;Red Cross;Amnesty International;UNICEF;Greenpeace;
        European Commission;Internal Revenue Service;IRS;HM Revenue & Customs;HMRC;Social Security
        Administration;Department of Motor Vehicles;DMV;Federal Bureau of Investigation;FBI;
        Salvation Army;Doctors Without Borders;World Bank;NATO;NASA;FEMA;Habitat for Humanity;
        Department of Labor;Ministry of Justice;Home Office;Environmental Protection Agency"""
    ),
    closed=True,
)
_FAMOUS_COMPANIES = Pool(
    _words(
        """Google;Microsoft;Amazon;Apple;Walmart;Target;Costco;Starbucks;FedEx;UPS;Toyota;Ford;Honda;
        Siemens;Bosch;Nestlé;Unilever;Pfizer;Novartis;Bank of America;Wells Fargo;Chase;HSBC;
        Barclays;Deutsche Bank;Goldman Sachs;Verizon;AT&T;T-Mobile;Vodafone;Netflix;Spotify;Uber;
        Airbnb;PayPal;Visa;Tesco;Sainsbury's;IKEA;Samsung;Sony;Intel;IBM;Oracle;Salesforce;Delta Air
        Lines;Lufthansa;British Airways;Home Depot;Best Buy;CVS;Walgreens;Blue Cross;Aetna;Cigna;
        Allianz;AXA;State Farm;Geico;Comcast;Facebook;Meta;LinkedIn;Dropbox;Zoom;Adobe;Nike;Adidas;
        Disney;Tesla;BMW;Volkswagen;Volvo;Nissan;Hyundai;Ferrari;Boeing;Airbus;Shell;Exxon;Chevron;
        Procter & Gamble;Coca-Cola;PepsiCo;McDonald's;Burger King;Kraft Heinz;Danone;Johnson &
        Johnson;Roche;Bayer;Merck;GSK;AstraZeneca;Moderna;Medtronic;Kaiser Permanente;UnitedHealth;
        Humana;Citibank;JPMorgan Chase;Morgan Stanley;Santander;BNP Paribas;UBS;ING;Revolut;Stripe;
        Mastercard;American Express;Western Union;H&M;Zara;Aldi;Lidl;Carrefour;Kroger;Lowe's;
        eBay;Etsy;Alibaba;Tencent;Huawei;Nokia;Ericsson;Cisco;Nvidia;AMD;Dell;HP;Lenovo;SAP;Accenture;
        Deloitte;KPMG;PwC;Ernst & Young;McKinsey;DHL;Maersk;Ryanair;EasyJet;Emirates;Marriott;Hilton;
        OpenAI;GitHub;Slack;Twitter;TikTok;Reddit;Shopify;Orange;Telefonica;O2;BP;TotalEnergies"""
    ),
    closed=True,
)


@maker("company_name", "company", kept=True)
def company_name(world: World, person: Person) -> Part:
    rng, held = world.rng, world.held_out
    roll = rng.random()
    name = last_names(rng.choice(["en_US", "en_GB", "de_DE", "it_IT", "fr_FR", "nl_NL"]))
    if roll < 0.1:
        return Node("company_name", (_FAMOUS_COMPANIES.draw(rng, held),))
    if roll < 0.4:
        text = f"{_HEADS.draw(rng, held)} {_TAILS.draw(rng, held)}"
    elif roll < 0.55:
        text = f"{name.draw(rng, held)} {_TAILS.draw(rng, held)}"
    elif roll < 0.65:
        text = f"{name.draw(rng, held)} {rng.choice(['&', 'and', '&', '+'])} {name.draw(rng, held)}"
    elif roll < 0.72:
        text = f"{name.draw(rng, held)} & {rng.choice('''Sons Co Daughters Partners Associates Bros'''.split())}"
    elif roll < 0.84:
        text = _HEADS.draw(rng, held) + rng.choice(
            """soft tech works ly ify hub base flow wave cast mind spark net ware point line
                bank pay med""".split()
        )
    elif roll < 0.9:
        text = f"{name.draw(rng, held)}, {name.draw(rng, held)} {rng.choice(['&', 'and'])} {name.draw(rng, held)}"
    else:
        text = f"{_place_word(world)} {_TAILS.draw(rng, held)}"
    if rng.random() < 0.3:
        text += f"{rng.choice([' ', ' ', ', '])}{_LEGAL.draw(rng)}"
    return Node("company_name", (text,))


@maker("other_company")
def other_company(world: World, person: Person) -> Part:
    return company_name(world, person)  # type: ignore[return-value]


@maker("clinic", "hospital", kept=True)
def clinic(world: World, person: Person) -> Part:
    head = f"St. {person.given}" if world.chance(0.15) else _place_word(world)
    if world.chance(0.2):
        head = world.rng.choice(person.country.cities).split("|")[0]
    return Node("clinic", (f"{head} {_CLINICS.draw(world.rng, world.held_out)}",))


@maker("organization_name", "organization")
def organization_name(world: World, person: Person) -> Part:
    rng, held = world.rng, world.held_out
    roll = rng.random()
    if roll < 0.2:
        return Node("organization_name", (_FAMOUS_BODIES.draw(rng, held),))
    body = _BODIES.draw(rng, held)
    if roll < 0.4:
        city = rng.choice(person.country.cities).split("|")[0]
        return Node("organization_name", (f"{city} {body}",))
    if roll < 0.5:
        topic = rng.choice(
            """Heart Cancer Diabetes Wildlife Ocean Climate Literacy Veterans Refugee Chess""".split()
        )
        return Node(
            "organization_name",
            (
                f"{rng.choice(['American', 'British', 'National', 'International', 'European'])} {topic} {body}",
            ),
        )
    return Node("organization_name", (f"{_place_word(world)} {body}",))


@maker("university", kept=True)
def university(world: World, person: Person) -> Part:
    rng = world.rng
    known = _words(
        """Harvard University;Stanford University;MIT;UCLA;University of Oxford;ETH Zurich;Yale;
        University of Toronto;Ohio State University;NYU;King's College London;Penn State;TU Delft;
        Columbia University;University of Cape Town;IIT Bombay;Boston College;Duke University"""
    )
    if rng.random() < 0.2:
        return Node("university", (rng.choice(known),))
    code = rng.choice(list(COUNTRIES))
    city, state, *_ = rng.choice(COUNTRIES[code].cities).split("|")
    word = _place_word(world)
    text = rng.choice(
        [f"University of {city}", f"{city} University", f"{state or city} State University", f"{word} College",
         f"{word} University", f"University of {state or city}", f"{city} Institute of Technology",
         f"{word} Community College", f"{city} Polytechnic", f"Technical University of {city}",
         f"{word} School of Law", f"{city} Medical School"]
    )  # fmt: skip
    return Node("university", (text,))


@maker("court_name", "court", kept=True)
def court_name(world: World, person: Person) -> Part:
    rng = world.rng
    city, state, *_ = rng.choice(person.country.cities).split("|")
    state = state or city
    county = (
        rng.choice(person.country.counties)
        if person.country.counties
        else f"{_place_word(world)} County"
    )
    side = rng.choice(["Northern", "Southern", "Eastern", "Western", "Central"])
    text = rng.choice(
        [f"{county} Superior Court", f"Superior Court of {state}", f"{city} Municipal Court", f"{city} Magistrates' Court",
         f"{city} Crown Court", f"U.S. District Court for the {side} District of {state}", f"{city} County Court",
         f"{county} Circuit Court", f"Supreme Court of {state}", f"{city} Family Court", f"High Court of {city}",
         f"{county} District Court", f"{city} Court of Appeal", f"Landgericht {city}", f"{side} District Court",
         f"{county} Probate Court", f"Bankruptcy Court of {city}", f"{city} Juvenile Court", f"Amtsgericht {city}"]
    )  # fmt: skip
    return Node("court_name", (text,))


@maker("prison_detention_facility", "prison")
def prison(world: World, person: Person) -> Part:
    rng = world.rng
    word = _place_word(world)
    city = rng.choice(person.country.cities).split("|")[0]
    text = rng.choice(
        [f"{word} State Prison", f"HMP {word}", f"{city} County Jail", f"{word} Correctional Facility",
         f"FCI {city}", f"{word} Detention Center", f"USP {city}", f"{word} Penitentiary", f"{city} Remand Centre",
         f"{word} Juvenile Hall", f"{word} Correctional Institution", f"{city} Federal Detention Center",
         f"HM Prison {word}", f"{city} Immigration Detention Centre", f"San {word} State Prison"]
    )  # fmt: skip
    return Node("prison_detention_facility", (text,))
