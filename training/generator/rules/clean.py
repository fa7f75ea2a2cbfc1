"""Sentences without an entity: news, technology, science, everyday life.

Words come from a large list, so they are grammatical more often than sensible. That is the
point: the model has to find no names in any of it.
"""

from __future__ import annotations

from training.generator.grammar import add_rules

add_rules(
    {
        "np": [
            "the {noun}",
            "[a|every|each|this|that|another] {adj} {noun}",
            "the {adj} {noun}",
            "[most|many|some|few|several|other|these|those|all] {nouns}",
            "{adj} {nouns}",
            "the {noun} of the {noun}",
            "[our|their|its|your|my] {noun}",
            "[our|their|its] {adj} {nouns}",
            "{number_plain} {nouns}",
            "the {noun} [in|on|near|behind|under|around] the {noun}",
            "[the first|the second|the last|the next|the only] {noun}",
            "the {noun} {noun}",
            "{nouns} and {nouns}",
            # Bare, so that sentences begin with them: capitals alone make no name.
            "{nouns}",
            "{nouns}",
            "{noun}",
            "{nouns} [in|with|from|near|of] {np}",
        ],
        "pp": [
            "[in|on|at|near|behind|under|above|across|around|inside] {np}",
            "[after|before|during|since|until|because of|despite|without] {np}",
            "[with|for|by|from|through|against|among|towards] {np}",
            "[in the {noun}|at first|in the end|on average|by default|in theory|as a rule|for now]",
            "{when_plain}",
            "[more|less] {adj} than {np}",
            "as {adj} as {np}",
        ],
        "clause": [
            "{np} {verbed} {np}",
            "{np} {verbed} {pp}",
            "{np} {adv} {verbed} {np} {pp}",
            "{np} [is|was|remains|seems|became|stays] {adj}",
            "{np} [can|could|may|might|must|should|will|would|cannot] {verb} {np}",
            "{np} [has|had] {adv} {verbed} {pp}",
            "{np} [is|was|are|were] {verbing} {np}",
            "[there is|there was|there are] {np} {pp}",
            "[it|nobody|everybody|someone|anyone] {verbed} {np}",
            "{np} [is|was] [used|made|known|expected|meant|built] to {verb} {np}",
            "[we|they|you|I] {verb} {np} {pp}",
            "{np} {verbs} {pp}",
        ],
        "Clean": [
            "{clause}.",
            "{clause}, [and|but|so|while|because|although|whereas|which means] {clause}.",
            "[However|Therefore|Meanwhile|In addition|For example|By contrast|Later|At the same time|In practice|Still], {clause}.",
            "[When|If|Once|After|Before|Unless|While|As soon as] {clause}, {clause}.",
            "{clause}; {clause}.",
            "[Why|How|When|Where] [does|did|should] {np} {verb} {np}?",
            "{clause} [({adj})|(see the {noun})|(about {percent_plain})|] {pp}.",
            "[Note|Tip|Warning|Hint|Important|Summary|Result]: {clause}.",
            "{np}, {np} and {np} {verbed} {pp}.",
            "To {verb} {np}, {verb} {np} {pp}.",
            "{verbing} {np} [is|can be|was|seems] {adj} [{pp}|].",
            "[According to|In view of|Thanks to|Instead of] {np}, {clause}.",
            "[{percent_plain} of|About {percent_plain} of|Fewer than {number_plain}] {nouns} {verbed} {pp}.",
            "{np} weighed {measure_plain}, [which|and that] {verbed} {np}.",
        ],
        "clean_news": [
            "The [council|government|ministry|committee|agency|parliament|board|commission|union] [approved|rejected|postponed|announced|defended|criticised|reviewed] [a plan|new rules|a proposal|a budget|a tender|measures|a ban] [to|that would|which could|designed to] {verb} {np}.",
            "[Officials|Analysts|Residents|Researchers|Scientists|Critics|Supporters|Experts|Economists|Farmers|Teachers|Doctors|Investors] [said|warned|argued|hoped|believe|estimate|reported] [that |]{clause}.",
            "[Prices|Rents|Wages|Exports|Sales|Temperatures|Shares|Profits|Costs|Water levels] [rose|fell|climbed|dropped|were flat|slipped|jumped] [by |]{percent_plain} [in the first quarter|over the year|last month|compared with the previous year|after the announcement|, the sharpest change in a decade].",
            "[Heavy rain|Strong winds|Snow|A heatwave|Thick fog|A storm|Flooding] [closed|delayed|damaged|disrupted|cut off] [roads|schools|trains|flights|farms|several villages|the harbour] [{when_plain}|across the region|in the north|for the second time this month].",
            "[The home side|The visitors|The champions|The team|The underdogs|The favourites] [won|lost|drew|trailed|came from behind] [after extra time|by a single goal|in the final minutes|for the third game in a row|on penalties|in front of a full stadium].",
            "[The study|A survey|The report|New data|An audit|The experiment] [found|shows|suggests|concluded|revealed] that {np} [{verbed}|{verbs}] {np}[|, although the sample was small| and called for further work].",
            "[A spokesman|A spokeswoman|The minister|The mayor|The coach|The chairwoman|The chief executive] [declined to comment|said talks would continue|called the result encouraging|promised an inquiry|did not give a date|blamed {np}].",
            "[The museum|The library|The theatre|The festival|The exhibition|The orchestra|The zoo] [opens|reopened|will show|plans|presents] [a new {noun}|{adj} works|{number_plain} {nouns}|its {adj} {noun}] [{when_plain}|after months of work|to mixed reviews].",
            "[Voters|Commuters|Patients|Students|Tourists|Workers|Shoppers|Pensioners] [face|complained about|welcomed|are waiting for|will pay for] [longer queues|higher fares|new rules|better service|{np}][.|, according to the operator.|, campaigners said.]",
            "[The bill|The law|The treaty|The agreement|The reform] [passed|failed|stalled|takes effect] [with a narrow majority|after weeks of debate|despite protests|next year|in a second vote].",
            "[Construction|Work|Repairs|Negotiations|Testing] [on|of|over] [the bridge|the tunnel|the new line|the dam|the vaccine|the contract] [will begin|has stopped|should be finished|ran over budget|took longer than planned].",
            "[Astronomers|Biologists|Engineers|Historians|Chemists] [discovered|described|built|measured|dated] [a {adj} {noun}|{adj} {nouns}|traces of {np}] [in deep water|with a new method|near the {noun}|older than expected].",
        ],
        "clean_tech": [
            "The [function|method|class|module|service|worker|parser|driver|scheduler|handler] [returns|raises|accepts|expects|ignores|caches|validates] [a list of {nouns}|the {noun}|an error if the {noun} is missing|the {adj} {noun}|each {noun} once].",
            "[Set|Enable|Disable|Override|Remove|Check] the `{noun}_{noun}` [option|flag|setting|variable|field] [before|after|while|if] {clause}.",
            "[Run|Execute|Call|Use] `{noun} --{noun} {noun}` [to|and then] {verb} the {noun}.",
            "[Version|Release] {version} [fixes|adds|removes|deprecates|introduces|speeds up] [the {noun} {noun}|support for {nouns}|a bug in the {noun}|{adj} {nouns}].",
            "[The cache|The index|The queue|The heap|The buffer|The cluster] [grows|fills|is flushed|is rebuilt|holds {number_plain} entries|uses {measure_plain}] [when|until|unless] {clause}.",
            "[Requests|Packets|Messages|Jobs|Threads|Queries] [are retried|time out|are batched|are dropped|share a lock] [after {number_plain} attempts|when the {noun} is {adj}|by default|in order].",
            "[If|When] the [server|client|test|build|node] [fails|restarts|hangs|is idle], [inspect|rotate|delete|read|compare] [the logs|the {noun} file|{file_path}|the output].",
            "[Commit|Revision|Changeset|Tag] {hash_plain} [broke|reverted|introduced|documents] the {noun}.",
            "The server [listens on|binds|uses|forwards] port {port_plain} [by default|unless configured|for {nouns}].",
            "[HTTP|The API|The endpoint] [answers|returns|responds with] [200|201|204|301|400|401|403|404|422|429|500|503] [if|when|because] {clause}.",
            "[Tables|Columns|Rows|Records|Schemas] [are joined|are indexed|must be unique|can be null|were migrated] [on the {noun} key|for {adj} {nouns}|in one transaction].",
            "[Compression|Encryption|Caching|Sharding|Logging|Tracing] [reduces|increases|doubles|hardly changes] [latency|throughput|memory|cost|the number of {nouns}] by {percent_plain}.",
            "[See|Refer to|Compare|Read] [the manual|section {port_plain}|the chapter on {nouns}|the changelog] for [details|more about {nouns}|examples|the {adj} case].",
            "[The algorithm|This approach|Our method|The model] [runs in|needs|scales with] [linear time|constant space|the square of the {noun}|{measure_plain} of memory] [in the worst case|on average|].",
        ],
        "clean_life": [
            "[Preheat|Stir|Chop|Boil|Mix|Bake|Simmer|Season] [the {noun}|everything|the vegetables|the dough|the sauce] [for {number_plain} minutes|until golden|with salt|over low heat|and set aside].",
            "[I|We|My friends] [love|hate|like|prefer|miss|enjoy] [the {noun}|{verbing} {nouns}|a {adj} {noun}] [on weekends|when it rains|more than anything|].",
            "[The price|It|Delivery|A ticket] [was|is|seemed] [a bit high|fair|worth it|cheaper online|more than expected], [but|and|so] {clause}.",
            "[The battery|The screen|The handle|The fabric|The sound|The motor] [lasts|broke|feels|works|looks] [{adj}|all day|after a week|like new|as described].",
            "[Remember to|Don't forget to|Try to|Always|Never] {verb} the {noun} {pp}.",
            "[The lesson|The class|The course|The workshop|The match] [starts|ends|was cancelled|moved] [early|late|because of {np}|without notice].",
            "[Rule|Step|Lesson|Point|Chapter|Question] {number_plain}: {clause}.",
            "[Five|Four|Three|Two out of five|Ten out of ten] stars[.|!|: {adj} and {adj}.| - would buy again.| - never again.]",
            "[What a|Such a] {adj} {noun}[!|.|, really.]",
            "[ok|okay|sure|yes|no|lol|haha|thanks|great|hmm|same|nice one|no worries|np|brb|omg][!|.|...|, {clause}]",
        ],
        "legalese": [
            "[The parties|The tenant|The landlord|The supplier|The licensee|The borrower|The employee] [shall|must|may|agrees to|undertakes to|is not entitled to] {verb} [the {noun}|any {noun}|all {nouns}] [without prior written consent|within {number_plain} days|in accordance with the schedule|except as provided herein].",
            "[Nothing in this agreement|No provision of this clause|Neither party] [limits|shall limit|affects|is liable for] {np}.",
            "[This agreement|This clause|The policy|The licence] [is governed by|terminates on|may be amended by|replaces] [the laws in force|notice in writing|mutual consent|all earlier understandings].",
            "[For the purposes of this section|As used herein|In this contract], [\"|']{Noun}[\"|'] [means|includes|excludes] {np}.",
            "[Any dispute|Any notice|Any claim] [arising out of|under|in connection with] this [agreement|policy|deed] shall be [settled|given|made] [in writing|by arbitration|in good faith].",
            "[The court|The tribunal|The board|The arbitrator] [finds|holds|orders|notes] that {clause}.",
            "[WHEREAS|Whereas], {clause}; and",
        ],
        "any_clean": [
            "{Clean}",
            "{clean_news}",
            "{clean_tech}",
            "{clean_life}",
            "{Clean} {Clean}",
            "{legalese}",
            "{manual}",
            "{clean_capitals}",
        ],
        "manual": ["{manual_sentence}"],
        "acronym": [
            "GDP|HTTP|API|CPU|GPU|PDF|USB|Wi-Fi|Bluetooth|JSON|SQL|CSS|HTML|URL|DNS|TCP|SSL|VPN|GPS|LED|DNA".join(
                "[]"
            ),
            "RNA|MRI|CEO|HR|PR|VAT|FAQ|ATM|TV|DVD|PIN|SSN|IBAN|CVV|MAC|IP|DOB|MRN|ID|PII|GDPR|HIPAA|EU|UN".join(
                "[]"
            ),
            "Internet|Linux|Windows|Android|Python|Java|Docker|Kubernetes|PostgreSQL|Redis|Excel|Git".join(
                "[]"
            ),
            "Covid|Brexit|Christmas|Easter|Ramadan|Olympics|World Cup|Premier League|Senate|Congress".join(
                "[]"
            ),
            "Parliament|Treasury|Cabinet|Supreme Court ruling|House of Commons|Act|Bill|Constitution".join(
                "[]"
            ),
            "Mars|Jupiter|Moon|Earth|Sun|Milky Way|Arctic|Antarctic|Equator|Bronze Age|Renaissance".join(
                "[]"
            ),
            "January|March|October|Monday|Thursday|Sunday|summer|winter|the nineties".join("[]"),
            "{Noun} {Noun}|{Noun}{Noun}|Project {Noun}|The {Noun}|{Noun} Pro|{model_plain}".join(
                "[]"
            ),
        ],
        "clean_capitals": [
            "The {acronym} [and|or|of|in|for] the {acronym} [{verbed} {np}|{verbs} {np}|is {adj}].",
            "[In|Since|Before|During|After] {acronym}, {clause}.",
            "[Most|Many|All] {acronym} {nouns} [{verbed}|need|use|have no] {nouns}[ {pp}|].",
            "{np} [uses|needs|supports|replaced|has] {acronym} [{pp}|and {acronym}|].",
            "[Your|Every|Each|A|No] {acronym} {noun} [is|was|must be|should be] {adj}.",
            "[What|Why|How] [is|does] {acronym} {verb} {np}?",
            "[Do not|Never|Please do not] [share|send|enter|post] [your|a] {acronym} [in|with|to] {np}.",
            '[The|This|That] "{Noun} {noun}" [{acronym} |]{noun} {verbed} {np}.',
            "[Enter|Forgot|Reset|Confirm] your [password|PIN|user name|email|phone number|address|date of birth][.|?| here.| below.| to continue.]",
            "[We|They] [ask for|store|never share|delete] your [name|address|phone number|card details|account number|email address|social security number][.| after {number_plain} days.| securely.]",
            "{acronym}, {acronym} and {acronym}: {clause}.",
        ],
    }
)
