"""What differs from country to country in how people write things.

In patterns ``#`` is a digit, ``%`` a digit from 1, ``^`` a capital, ``~`` a small letter, ``*`` a
capital or digit, ``&`` a hexadecimal digit.
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["COUNTRIES", "US_STATES", "Country"]


@dataclass(frozen=True, slots=True)
class Country:
    """How a country writes names, places, numbers and dates.

    Attributes:
        weight: Share of persons.
        names: Ways of writing the country itself.
        people: faker locales of person names, repeated for weight.
        cities: ``city|region|short region|postcode pattern``; regions may be empty.
        street: Style of street addresses, a name in ``makers.places``.
        postcode: Pattern where a city brings none.
        phones: Patterns, mobile and landline.
        national: Patterns of a national identity number, ``kind=pattern``.
        tax: Patterns of tax numbers.
        plates: Patterns of number plates.
        day_first: Whether dates in figures start with the day.
        sep: Separator of dates in figures.
        money: Currency marks.
    """

    weight: float
    names: tuple[str, ...]
    demonym: tuple[str, ...]
    languages: tuple[str, ...]
    people: tuple[str, ...]
    cities: tuple[str, ...]
    street: str
    postcode: str
    phones: tuple[str, ...]
    national: tuple[str, ...] = ()
    tax: tuple[str, ...] = ()
    plates: tuple[str, ...] = ("^^^-####", "^^ ## ^^", "### ^^^")
    day_first: bool = True
    sep: str = "/"
    money: tuple[str, ...] = ("€",)
    counties: tuple[str, ...] = field(default=())


def _t(text: str, separator: str = ";") -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(separator) if part.strip())


US_STATES = dict(
    pair.split(":")
    for pair in _t(
        """Alabama:AL; Alaska:AK; Arizona:AZ; Arkansas:AR; California:CA; Colorado:CO;
        Connecticut:CT; Delaware:DE; Florida:FL; Georgia:GA; Hawaii:HI; Idaho:ID; Illinois:IL;
        Indiana:IN; Iowa:IA; Kansas:KS; Kentucky:KY; Louisiana:LA; Maine:ME; Maryland:MD;
        Massachusetts:MA; Michigan:MI; Minnesota:MN; Mississippi:MS; Missouri:MO; Montana:MT;
        Nebraska:NE; Nevada:NV; New Hampshire:NH; New Jersey:NJ; New Mexico:NM; New York:NY;
        North Carolina:NC; North Dakota:ND; Ohio:OH; Oklahoma:OK; Oregon:OR; Pennsylvania:PA;
        Rhode Island:RI; South Carolina:SC; South Dakota:SD; Tennessee:TN; Texas:TX; Utah:UT;
        Vermont:VT; Virginia:VA; Washington:WA; West Virginia:WV; Wisconsin:WI; Wyoming:WY"""
    )
)

_US_CITIES = _t(
    """New York|NY|100##; Brooklyn|NY|112##; Buffalo|NY|142##; Rochester|NY|146##; Albany|NY|122##;
    Syracuse|NY|132##; Los Angeles|CA|900##; San Diego|CA|921##; San Jose|CA|951##;
    San Francisco|CA|941##; Fresno|CA|937##; Sacramento|CA|958##; Long Beach|CA|908##;
    Oakland|CA|946##; Bakersfield|CA|933##; Anaheim|CA|928##; Santa Ana|CA|927##;
    Riverside|CA|925##; Irvine|CA|926##; Palo Alto|CA|943##; Santa Rosa|CA|954##;
    Chicago|IL|606##; Aurora|IL|605##; Naperville|IL|605##; Springfield|IL|627##;
    Peoria|IL|616##; Houston|TX|770##; San Antonio|TX|782##; Dallas|TX|752##; Austin|TX|787##;
    Fort Worth|TX|761##; El Paso|TX|799##; Arlington|TX|760##; Plano|TX|750##; Laredo|TX|780##;
    Lubbock|TX|794##; Waco|TX|767##; Phoenix|AZ|850##; Tucson|AZ|857##; Mesa|AZ|852##;
    Flagstaff|AZ|860##; Scottsdale|AZ|852##; Philadelphia|PA|191##; Pittsburgh|PA|152##;
    Allentown|PA|181##; Erie|PA|165##; Scranton|PA|185##; Lancaster|PA|176##; Columbus|OH|432##;
    Cleveland|OH|441##; Cincinnati|OH|452##; Toledo|OH|436##; Akron|OH|443##; Dayton|OH|454##;
    Jacksonville|FL|322##; Miami|FL|331##; Tampa|FL|336##; Orlando|FL|328##;
    St. Petersburg|FL|337##; Tallahassee|FL|323##; Gainesville|FL|326##; Sarasota|FL|342##;
    Charlotte|NC|282##; Raleigh|NC|276##; Durham|NC|277##; Greensboro|NC|274##;
    Asheville|NC|288##; Seattle|WA|981##; Spokane|WA|992##; Tacoma|WA|984##; Bellevue|WA|980##;
    Olympia|WA|985##; Denver|CO|802##; Colorado Springs|CO|809##; Boulder|CO|803##;
    Fort Collins|CO|805##; Boston|MA|021##; Worcester|MA|016##; Cambridge|MA|021##;
    Lowell|MA|018##; Nashville|TN|372##; Memphis|TN|381##; Knoxville|TN|379##;
    Chattanooga|TN|374##; Detroit|MI|482##; Grand Rapids|MI|495##; Ann Arbor|MI|481##;
    Lansing|MI|489##; Portland|OR|972##; Eugene|OR|974##; Salem|OR|973##; Bend|OR|977##;
    Medford|OR|975##; Las Vegas|NV|891##; Reno|NV|895##; Henderson|NV|890##; Baltimore|MD|212##;
    Annapolis|MD|214##; Rockville|MD|208##; Milwaukee|WI|532##; Madison|WI|537##;
    Green Bay|WI|543##; Albuquerque|NM|871##; Santa Fe|NM|875##; Kansas City|MO|641##;
    St. Louis|MO|631##; Columbia|MO|652##; Omaha|NE|681##; Lincoln|NE|685##; Atlanta|GA|303##;
    Savannah|GA|314##; Augusta|GA|309##; Athens|GA|306##; Virginia Beach|VA|234##;
    Richmond|VA|232##; Norfolk|VA|235##; Roanoke|VA|240##; Minneapolis|MN|554##;
    St. Paul|MN|551##; Duluth|MN|558##; New Orleans|LA|701##; Baton Rouge|LA|708##;
    Lafayette|LA|705##; Oklahoma City|OK|731##; Tulsa|OK|741##; Louisville|KY|402##;
    Lexington|KY|405##; Salt Lake City|UT|841##; Provo|UT|846##; Boise|ID|837##;
    Birmingham|AL|352##; Montgomery|AL|361##; Huntsville|AL|358##; Mobile|AL|366##;
    Des Moines|IA|503##; Cedar Rapids|IA|524##; Little Rock|AR|722##; Fayetteville|AR|727##;
    Jackson|MS|392##; Wichita|KS|672##; Topeka|KS|666##; Charleston|SC|294##;
    Greenville|SC|296##; Providence|RI|029##; Hartford|CT|061##; New Haven|CT|065##;
    Stamford|CT|069##; Newark|NJ|071##; Jersey City|NJ|073##; Trenton|NJ|086##;
    Camden|NJ|081##; Hoboken|NJ|070##; Manchester|NH|031##; Concord|NH|033##;
    Burlington|VT|054##; Bangor|ME|044##; Anchorage|AK|995##; Juneau|AK|998##;
    Honolulu|HI|968##; Billings|MT|591##; Missoula|MT|598##; Cheyenne|WY|820##;
    Fargo|ND|581##; Bismarck|ND|585##; Sioux Falls|SD|571##; Rapid City|SD|577##;
    Wilmington|DE|198##; Dover|DE|199##; Charleston|WV|253##; Indianapolis|IN|462##;
    Fort Wayne|IN|468##; Bloomington|IN|474##; South Bend|IN|466##"""
)
_BY_SHORT = {short: name for name, short in US_STATES.items()}


def _us(cities: tuple[str, ...]) -> tuple[str, ...]:
    rows = (c.split("|") for c in cities)
    return tuple(f"{city}|{_BY_SHORT[short]}|{short}|{zip_}" for city, short, zip_ in rows)


COUNTRIES: dict[str, Country] = {
    "US": Country(
        weight=50,
        names=("United States", "USA", "United States of America", "U.S.A.", "US"),
        demonym=("American", "US citizen", "U.S. citizen"),
        languages=("English", "Spanish"),
        people=(
            *("en_US",) * 9,
            "es_MX",
            "es_MX",
            "en_GB",
            "en_IN",
            "it_IT",
            "en_IE",
            "vi_VN",
            "pl_PL",
            "ja_JP",
            "en_NG",
            "de_DE",
            "tw_GH",
        ),
        cities=_us(_US_CITIES),
        street="us",
        postcode="#####",
        phones=(
            "(%##) %##-####",
            "%##-%##-####",
            "%##.%##.####",
            "+1 %## %## ####",
            "+1-%##-%##-####",
            "1-%##-%##-####",
            "+1 (%##) %##-####",
            "(%##)%##-####",
            "%## %## ####",
            "%#########",
            "+1%#########",
            "(%##) 555-####",
            "%##-555-####",
            "(%##) 555-01##",
            "555-01##",
            "555-####",
            "%##-%##-#### ext. ###",
            "(%##) %##-#### x##",
            "1 %## %## ####",
            "001-%##-%##-####",
            "%##/%##-####",
            "1 (%##) %##-####",
        ),
        national=("ssn=%##-##-####",),
        tax=("##-#######", "##-#######", "9##-7#-####"),
        plates=(
            "#^^^###",
            "^^^-####",
            "^^^ ####",
            "^^^####",
            "###-^^^",
            "### ^^^",
            "^##-###",
            "^^#-#^^",
            "#^^ ###",
            "^^^ ###",
        ),
        day_first=False,
        money=("$", "$", "$", "USD", "US$"),
        counties=_t(
            """Orange County; Cook County; Harris County; King County; Dade County; Wayne County;
            Maricopa County; Travis County; Fulton County; Clark County; Multnomah County;
            Franklin County; Hennepin County; Allegheny County; Suffolk County; Nassau County;
            Bergen County; Fairfax County; Montgomery County; Jefferson County; Lake County;
            Marin County; Sonoma County; Alameda County; Bexar County; Polk County; Erie County;
            Monroe County; Madison County; Washington County; Lincoln County; Jackson County;
            Boone County; Kent County; Dane County; Ada County; Pima County; Salt Lake County"""
        ),
    ),
    "GB": Country(
        weight=12,
        names=("United Kingdom", "UK", "England", "Great Britain", "Scotland", "Wales", "U.K."),
        demonym=("British", "Scottish", "Welsh", "English"),
        languages=("English", "Welsh"),
        people=(*("en_GB",) * 6, "en_IE", "en_IN", "pl_PL", "en_PK", "yo_NG"),
        cities=_t(
            """London|||^#^ #^^; London|||^## #^^; London|||^^# #^^; Manchester|||M## #^^;
            Birmingham|West Midlands||B## #^^; Leeds|West Yorkshire||LS# #^^;
            Liverpool|Merseyside||L# #^^; Sheffield|South Yorkshire||S# #^^; Bristol|||BS# #^^;
            Newcastle upon Tyne|Tyne and Wear||NE# #^^; Nottingham|||NG# #^^;
            Leicester|Leicestershire||LE# #^^; Edinburgh|||EH# #^^; Glasgow|||G## #^^;
            Aberdeen|||AB## #^^; Cardiff|||CF## #^^; Swansea|||SA# #^^; Belfast|||BT# #^^;
            Oxford|Oxfordshire||OX# #^^; Cambridge|||CB# #^^; York|North Yorkshire||YO# #^^;
            Bath|Somerset||BA# #^^; Exeter|Devon||EX# #^^; Plymouth|Devon||PL# #^^;
            Norwich|Norfolk||NR# #^^; Brighton|East Sussex||BN# #^^; Reading|||RG# #^^;
            Milton Keynes|||MK# #^^; Derby|||DE# #^^; Stoke-on-Trent|||ST# #^^;
            Wolverhampton|||WV# #^^; Southampton|Hampshire||SO## #^^; Ipswich|Suffolk||IP# #^^;
            Carlisle|Cumbria||CA# #^^; Durham|County Durham||DH# #^^; Inverness|||IV# #^^;
            Dundee|||DD# #^^; Swindon|Wiltshire||SN# #^^; Luton|Bedfordshire||LU# #^^;
            Slough|Berkshire||SL# #^^; Harrogate|North Yorkshire||HG# #^^"""
        ),
        street="uk",
        postcode="^^# #^^",
        phones=(
            "07### ######",
            "07### ### ###",
            "07#########",
            "020 #### ####",
            "(020) #### ####",
            "+44 7### ######",
            "+44 20 #### ####",
            "+44 (0)20 7### ####",
            "0161 ### ####",
            "01632 960###",
            "(01632) 960 ###",
            "0044 7### ######",
            "+447#########",
            "0131-###-####",
            "0800 ### ####",
            "01### ######",
            "+44 (0) 1## #######",
        ),
        national=("^^ ## ## ## ^", "^^######^", "^^ ###### ^"),
        tax=("GB### #### ##", "GB#########", "##########", "##### #####"),
        plates=("^^## ^^^", "^^##^^^", "^### ^^^", "^^^ ###^"),
        money=("£", "£", "£", "GBP"),
        counties=_t(
            """Kent; Essex; Surrey; Devon; Cornwall; Norfolk; Suffolk; Dorset; Somerset; Cumbria;
            Hertfordshire; Hampshire; Lancashire; Cheshire; Derbyshire; Lincolnshire; Oxfordshire;
            Berkshire; Buckinghamshire; Gloucestershire; Northumberland; Shropshire; Staffordshire;
            Warwickshire; West Sussex; Wiltshire; North Yorkshire; County Antrim; Fife; Gwynedd;
            Aberdeenshire; Powys; Rutland; East Riding of Yorkshire"""
        ),
    ),
    "CA": Country(
        weight=6,
        names=("Canada",),
        demonym=("Canadian",),
        languages=("English", "French"),
        people=("en_US", "en_GB", "fr_CA", "fr_CA", "en_IN", "en_IE"),
        cities=_t(
            """Toronto|Ontario|ON|M#^ #^#; Ottawa|Ontario|ON|K#^ #^#; Hamilton|Ontario|ON|L#^ #^#;
            London|Ontario|ON|N#^ #^#; Kingston|Ontario|ON|K#^ #^#; Montreal|Quebec|QC|H#^ #^#;
            Quebec City|Quebec|QC|G#^ #^#; Laval|Québec|QC|H#^ #^#;
            Vancouver|British Columbia|BC|V#^ #^#; Victoria|British Columbia|BC|V#^ #^#;
            Calgary|Alberta|AB|T#^ #^#; Edmonton|Alberta|AB|T#^ #^#; Winnipeg|Manitoba|MB|R#^ #^#;
            Saskatoon|Saskatchewan|SK|S#^ #^#; Regina|Saskatchewan|SK|S#^ #^#;
            Halifax|Nova Scotia|NS|B#^ #^#; Moncton|New Brunswick|NB|E#^ #^#;
            St. John's|Newfoundland and Labrador|NL|A#^ #^#; Whitehorse|Yukon|YT|Y#^ #^#"""
        ),
        street="us",
        postcode="^#^ #^#",
        phones=(
            "(%##) %##-####",
            "%##-%##-####",
            "+1 %##-%##-####",
            "1 %## %##-####",
            "%##.%##.####",
            "(%##) 555-01##",
        ),
        national=("### ### ###", "###-###-###"),
        tax=("#########RT0001", "##### #### RT0001"),
        plates=("^^^^ ###", "^^^-####", "### ^^#", "^^# ##^"),
        sep="-",
        money=("$", "CAD", "CA$", "C$"),
    ),
    "AU": Country(
        weight=5,
        names=("Australia",),
        demonym=("Australian", "Aussie"),
        languages=("English",),
        people=("en_GB", "en_US", "en_NZ", "en_IE", "it_IT", "vi_VN"),
        cities=_t(
            """Sydney|New South Wales|NSW|2###; Newcastle|New South Wales|NSW|23##;
            Wollongong|New South Wales|NSW|25##; Melbourne|Victoria|VIC|3###;
            Geelong|Victoria|VIC|32##; Ballarat|Victoria|VIC|33##; Brisbane|Queensland|QLD|4###;
            Cairns|Queensland|QLD|48##; Gold Coast|Queensland|QLD|42##;
            Perth|Western Australia|WA|6###; Fremantle|Western Australia|WA|61##;
            Adelaide|South Australia|SA|5###; Hobart|Tasmania|TAS|70##;
            Darwin|Northern Territory|NT|08##; Canberra|ACT|ACT|26##; Parramatta|NSW|NSW|2150"""
        ),
        street="us",
        postcode="####",
        phones=(
            "04## ### ###",
            "(02) #### ####",
            "+61 4## ### ###",
            "+61 2 #### ####",
            "03 #### ####",
            "04########",
            "(07) #### ####",
            "1300 ### ###",
        ),
        national=("#### ##### #",),
        tax=("## ### ### ###", "### ### ###"),
        plates=("^^^-###", "^^^ ###", "#^^-#^^", "^^##^^", "###-^^^"),
        money=("$", "AUD", "A$"),
    ),
    "IE": Country(
        weight=2,
        names=("Ireland", "Republic of Ireland"),
        demonym=("Irish",),
        languages=("English", "Irish"),
        people=("en_IE", "en_IE", "ga_IE"),
        cities=_t(
            """Dublin|||D## ^##*; Dublin 4|||D04 ^###; Cork|Co. Cork||T## ^###;
            Galway|Co. Galway||H91 ^###; Limerick|Co. Limerick||V94 ^###; Waterford|||X91 ^###;
            Sligo|Co. Sligo||F91 ^###; Kilkenny|||R95 ^###; Athlone|Co. Westmeath||N37 ^###"""
        ),
        street="uk",
        postcode="^## ^###",
        phones=("+353 8# ### ####", "08# ### ####", "(01) ### ####", "01 ### ####", "021 ### ####"),
        national=("#######^", "#######^^"),
        tax=("IE#######^", "IE#######^^"),
        plates=("##1-D-#####", "##2-C-####", "##1 G ####"),
        counties=_t(
            "Co. Cork; Co. Kerry; County Mayo; Co. Donegal; County Clare; Co. Meath; Louth"
        ),
    ),
    "IN": Country(
        weight=4,
        names=("India",),
        demonym=("Indian",),
        languages=("Hindi", "English", "Tamil", "Bengali", "Marathi", "Telugu"),
        people=("en_IN",),
        cities=_t(
            """Mumbai|Maharashtra||400 0##; Pune|Maharashtra||4110##; Delhi|Delhi||1100##;
            New Delhi|||1100##; Bengaluru|Karnataka||5600##; Bangalore|Karnataka||560 0##;
            Chennai|Tamil Nadu||6000##; Hyderabad|Telangana||5000##; Kolkata|West Bengal||7000##;
            Ahmedabad|Gujarat||3800##; Surat|Gujarat||3950##; Jaipur|Rajasthan||3020##;
            Lucknow|Uttar Pradesh||2260##; Kochi|Kerala||6820##; Chandigarh|Punjab||1600##"""
        ),
        street="in",
        postcode="######",
        phones=(
            "+91 9#### #####",
            "9#########",
            "+91-98########",
            "022-#### ####",
            "+91 80 #### ####",
            "0############",
            "91 7### ### ###",
        ),
        national=("#### #### ####", "############"),
        tax=("^^^^^####^", "##^^^^^####^1Z#"),
        plates=("^^ ## ^^ ####", "^^##^^####", "^^-##-^-####"),
        money=("₹", "Rs.", "INR", "Rs"),
    ),
    "DE": Country(
        weight=4,
        names=("Germany", "Deutschland"),
        demonym=("German",),
        languages=("German",),
        people=("de_DE", "de_DE", "tr_TR", "de_AT"),
        cities=_t(
            """Berlin|||1####; Hamburg|||2####; München|Bayern||80###; Munich|Bavaria||81###;
            Köln|Nordrhein-Westfalen||50###; Cologne|||50###; Frankfurt am Main|Hessen||60###;
            Stuttgart|||70###; Düsseldorf|||40###; Leipzig|Sachsen||04###; Dresden|||01###;
            Bremen|||28###; Hannover|||30###; Nürnberg|Bayern||90###; Freiburg|||79###;
            Heidelberg|||69###; Bonn|||53###; Münster|||48###; Kiel|||24###; Potsdam|||14###"""
        ),
        street="de",
        postcode="#####",
        phones=(
            "+49 30 #######",
            "030/#######",
            "0170 #######",
            "+49 (0) 89 ######-##",
            "0049 40 ######",
            "+49 151 ########",
            "089 #### ##",
            "+49-171-#######",
        ),
        national=("^##^##^##", "^########", "L#1X#0T#7"),
        tax=("DE#########", "##/###/#####", "## ### ### ###"),
        plates=("^-^^ ####", "^^-^^ ###", "^^ ^^ ####", "^^^-^ ###"),
        sep=".",
    ),
    "FR": Country(
        weight=3,
        names=("France",),
        demonym=("French",),
        languages=("French",),
        people=("fr_FR", "fr_FR", "fr_BE"),
        cities=_t(
            """Paris|||750##; Lyon|||6900#; Marseille|||130##; Toulouse|||31000; Nice|||06000;
            Nantes|||44000; Strasbourg|||67000; Bordeaux|||33000; Lille|||59000; Rennes|||35000;
            Grenoble|||38000; Dijon|||21000; Angers|||49000; Montpellier|||34000; Tours|||37000"""
        ),
        street="fr",
        postcode="#####",
        phones=(
            "0# ## ## ## ##",
            "+33 6 ## ## ## ##",
            "06.##.##.##.##",
            "+33 (0)1 ## ## ## ##",
            "01########",
            "07 ## ## ## ##",
            "0033 6 ## ## ## ##",
        ),
        national=("% ## ## ## ### ### ##", "%##############"),
        tax=("FR## #########", "FR*########## "),
        plates=("^^-###-^^", "^^ ### ^^", "#### ^^ ##"),
    ),
    "ES": Country(
        weight=2,
        names=("Spain", "España"),
        demonym=("Spanish",),
        languages=("Spanish", "Catalan"),
        people=("es_ES",),
        cities=_t(
            """Madrid|||280##; Barcelona|||080##; Valencia|||460##; Sevilla|||410##;
            Zaragoza|||500##; Málaga|||290##; Bilbao|Bizkaia||480##; Granada|||180##;
            Murcia|||300##; Alicante|||030##; Salamanca|||370##; Toledo|||450##"""
        ),
        street="es",
        postcode="#####",
        phones=("+34 6## ### ###", "6## ### ###", "91 ### ## ##", "+34 93 ### ## ##", "6########"),
        national=("########^", "^-#######-^", "^#######^"),
        tax=("^########", "ES^########"),
        plates=("#### ^^^", "####^^^", "^-####-^^"),
    ),
    "IT": Country(
        weight=2,
        names=("Italy", "Italia"),
        demonym=("Italian",),
        languages=("Italian",),
        people=("it_IT",),
        cities=_t(
            """Roma|RM||001##; Rome|||001##; Milano|MI||201##; Milan|||201##; Napoli|NA||801##;
            Torino|TO||101##; Palermo|||901##; Genova|GE||161##; Bologna|BO||401##;
            Firenze|FI||501##; Verona|VR||371##; Bari|||701##; Trieste|TS||341##; Padova|||351##"""
        ),
        street="it",
        postcode="#####",
        phones=(
            "+39 3## #######",
            "3## ### ####",
            "02 ########",
            "+39 06 #### ####",
            "011 #######",
        ),
        national=("^^^^^^##^##^###^",),
        tax=("IT###########", "###########"),
        plates=("^^ ###^^", "^^###^^"),
    ),
    "NL": Country(
        weight=2,
        names=("Netherlands", "The Netherlands", "Nederland", "Holland"),
        demonym=("Dutch",),
        languages=("Dutch",),
        people=("nl_NL", "nl_NL", "tr_TR"),
        cities=_t(
            """Amsterdam|||10## ^^; Rotterdam|||30## ^^; Utrecht|||35## ^^; Den Haag|||25## ^^;
            Eindhoven|||56## ^^; Groningen|||97## ^^; Leiden|||23##^^; Delft|||26## ^^;
            Haarlem|||20## ^^; Maastricht|||62##^^; Nijmegen|||65## ^^"""
        ),
        street="de",
        postcode="#### ^^",
        phones=(
            "+31 6 ########",
            "06-########",
            "020-#######",
            "+31 20 ### ####",
            "06 ## ## ## ##",
        ),
        national=("#########",),
        tax=("NL#########B##",),
        plates=("^^-###-^", "##-^^-##", "^-###-^^"),
        sep="-",
    ),
    "BR": Country(
        weight=2,
        names=("Brazil", "Brasil"),
        demonym=("Brazilian",),
        languages=("Portuguese",),
        people=("pt_BR",),
        cities=_t(
            """São Paulo|SP||0####-###; Rio de Janeiro|RJ||2####-###; Salvador|BA||40###-###;
            Belo Horizonte|MG||30###-###; Curitiba|PR||80###-###; Recife|PE||50###-###;
            Porto Alegre|RS||90###-###; Fortaleza|CE||60###-###; Campinas|SP||13###-###"""
        ),
        street="es",
        postcode="#####-###",
        phones=("(11) 9####-####", "+55 11 9####-####", "+55 21 ####-####", "(31) ####-####"),
        national=("###.###.###-##",),
        tax=("##.###.###/0001-##", "###.###.###-##"),
        plates=("^^^-####", "^^^#^##"),
        money=("R$", "BRL"),
    ),
    "MX": Country(
        weight=2,
        names=("Mexico", "México"),
        demonym=("Mexican",),
        languages=("Spanish",),
        people=("es_MX",),
        cities=_t(
            """Ciudad de México|CDMX||0####; Mexico City|||0####; Guadalajara|Jalisco||44###;
            Monterrey|Nuevo León||64###; Puebla|Puebla||72###; Tijuana|Baja California||22###;
            Mérida|Yucatán||97###; Oaxaca|Oaxaca||68###; Cancún|Quintana Roo||77###"""
        ),
        street="es",
        postcode="#####",
        phones=("+52 55 #### ####", "55 #### ####", "(33) #### ####", "+52 1 81 #### ####"),
        national=("^^^^######^^^^^^##",),
        tax=("^^^^######***", "^^^######***"),
        plates=("^^^-##-##", "^^^-###-^"),
        money=("$", "MXN"),
    ),
    "PL": Country(
        weight=1.5,
        names=("Poland", "Polska"),
        demonym=("Polish",),
        languages=("Polish",),
        people=("pl_PL",),
        cities=_t(
            """Warszawa|||0#-###; Warsaw|||0#-###; Kraków|||3#-###; Wrocław|||5#-###;
            Gdańsk|||80-###; Poznań|||6#-###; Łódź|||9#-###; Lublin|||20-###; Katowice|||40-###"""
        ),
        street="pl",
        postcode="##-###",
        phones=("+48 ### ### ###", "### ### ###", "22 ### ## ##", "+48 22 ### ## ##"),
        national=("###########",),
        tax=("###-###-##-##", "PL##########"),
        plates=("^^ #####", "^^^ ##^^", "^^ ###^^"),
        sep=".",
        money=("zł", "PLN"),
    ),
    "SE": Country(
        weight=1.5,
        names=("Sweden", "Sverige"),
        demonym=("Swedish",),
        languages=("Swedish",),
        people=("sv_SE", "fi_FI", "no_NO", "da_DK"),
        cities=_t(
            """Stockholm|||11# ##; Göteborg|||41# ##; Malmö|||21# ##; Uppsala|||75# ##;
            Lund|||22# ##; Umeå|||90# ##; Linköping|||58# ##; Örebro|||70# ##"""
        ),
        street="de",
        postcode="### ##",
        phones=("070-### ## ##", "+46 70 ### ## ##", "08-### ## ##", "073 ### ## ##"),
        national=("######-####", "########-####"),
        tax=("SE############", "######-####"),
        plates=("^^^ ###", "^^^ ##^"),
        sep="-",
        money=("kr", "SEK"),
    ),
    "CH": Country(
        weight=1.5,
        names=("Switzerland", "Schweiz", "Suisse"),
        demonym=("Swiss",),
        languages=("German", "French", "Italian"),
        people=("de_CH", "fr_CH", "it_IT"),
        cities=_t(
            """Zürich|||80##; Zurich|ZH||80##; Bern|||30##; Basel|BS||40##; Genève|GE||12##;
            Geneva|||12##; Lausanne|VD||10##; Luzern|||60##; Lugano|TI||69##; Winterthur|||84##"""
        ),
        street="de",
        postcode="####",
        phones=("+41 44 ### ## ##", "044 ### ## ##", "079 ### ## ##", "+41 (0)79 ### ## ##"),
        national=("756.####.####.##",),
        tax=("CHE-###.###.###",),
        plates=("^^ ######", "^^ ### ###"),
        sep=".",
        money=("CHF", "Fr."),
    ),
    "NG": Country(
        weight=1.5,
        names=("Nigeria", "Ghana", "Kenya", "South Africa"),
        demonym=("Nigerian", "Ghanaian", "Kenyan", "South African"),
        languages=("Yoruba", "Igbo", "Hausa", "Swahili", "Zulu", "English"),
        people=("yo_NG", "ig_NG", "ha_NG", "en_KE", "tw_GH", "zu_ZA", "sw"),
        cities=_t(
            """Lagos|Lagos State||100###; Abuja|FCT||900###; Ibadan|Oyo||200###; Accra|||GA-###-####;
            Nairobi|||00100; Mombasa|||80100; Johannesburg|Gauteng||2###; Cape Town|||80##;
            Durban|KwaZulu-Natal||40##; Pretoria|Gauteng||00##; Kano|||700###; Kumasi|||AK-###-####"""
        ),
        street="us",
        postcode="######",
        phones=(
            "+234 80# ### ####",
            "080########",
            "+254 7## ######",
            "+27 82 ### ####",
            "082 ### ####",
            "+233 24 ### ####",
        ),
        national=("###########", "#############", "########"),
        tax=("########-0001", "##########"),
        plates=("^^^-###^^", "K^^ ###^", "^^ ## ^^ GP"),
        money=("₦", "R", "KSh", "NGN"),
    ),
    "CN": Country(
        weight=2,
        names=("China", "Japan", "South Korea", "Singapore", "Taiwan", "Vietnam", "Hong Kong"),
        demonym=("Chinese", "Japanese", "Korean", "Singaporean", "Vietnamese", "Taiwanese"),
        languages=("Mandarin", "Cantonese", "Japanese", "Korean", "Vietnamese", "Malay"),
        people=("asia", "asia", "asia", "ja_JP", "vi_VN", "id_ID"),
        cities=_t(
            """Beijing|||100###; Shanghai|||200###; Shenzhen|Guangdong||518###; Singapore|||######;
            Tokyo|||1##-####; Osaka|||5##-####; Kyoto|||6##-####; Seoul|||0####; Busan|||4####;
            Taipei|||1##; Hong Kong|||; Hanoi|||10####; Chengdu|Sichuan||610###; Nagoya|||4##-####"""
        ),
        street="us",
        postcode="######",
        phones=(
            "+86 138 #### ####",
            "1##########",
            "+81 90-####-####",
            "03-####-####",
            "+65 9### ####",
            "+82 10-####-####",
            "+852 #### ####",
            "010-####-####",
        ),
        national=("##################", "^#######^", "######-#######"),
        tax=("##################", "T##########"),
        plates=("^·^####", "^^^ #### ^", "^^^####^"),
        sep="-",
        money=("¥", "S$", "RMB", "JPY", "HK$"),
    ),
    "AE": Country(
        weight=1.5,
        names=(
            "United Arab Emirates",
            "Saudi Arabia",
            "Egypt",
            "Jordan",
            "Qatar",
            "Morocco",
            "Lebanon",
            "Pakistan",
            "Turkey",
            "UAE",
        ),
        demonym=(
            "Emirati",
            "Egyptian",
            "Saudi",
            "Jordanian",
            "Lebanese",
            "Moroccan",
            "Turkish",
            "Pakistani",
        ),
        languages=("Arabic", "Urdu", "Turkish", "Farsi"),
        people=("arabic", "arabic", "en_PK", "tr_TR"),
        cities=_t(
            """Dubai|||; Abu Dhabi|||; Riyadh|||1####; Jeddah|||2####; Cairo|||11###; Amman|||11###;
            Doha|||; Casablanca|||20###; Beirut|||; Karachi|Sindh||75###; Lahore|Punjab||54###;
            Istanbul|||34###; Ankara|||06###"""
        ),
        street="us",
        postcode="#####",
        phones=(
            "+971 50 ### ####",
            "050 ### ####",
            "+966 5# ### ####",
            "+20 10 #### ####",
            "+90 532 ### ## ##",
            "+92 300 #######",
        ),
        national=("784-####-#######-#", "###########", "##########"),
        tax=("###############",),
        plates=("^ #####", "^^^ ####", "34 ^^ ####"),
        money=("AED", "SAR", "EGP", "TL"),
    ),
}
