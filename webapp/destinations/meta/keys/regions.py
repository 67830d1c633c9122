"""Names → two-letter codes: American states, Canadian provinces, Italian provinces. PURE data."""

# USPS codes; Canada Post's for the provinces. Source: [page] "2-character ANSI abbreviation code", [builder]
# maps the Canadian ones as well.
_AMERICAN = """
al alabama, ak alaska, az arizona, ar arkansas, ca california, co colorado, ct connecticut, de delaware,
dc districtofcolumbia, fl florida, ga georgia, hi hawaii, id idaho, il illinois, in indiana, ia iowa,
ks kansas, ky kentucky, la louisiana, me maine, md maryland, ma massachusetts, mi michigan, mn minnesota,
ms mississippi, mo missouri, mt montana, ne nebraska, nv nevada, nh newhampshire, nj newjersey,
nm newmexico, ny newyork, nc northcarolina, nd northdakota, oh ohio, ok oklahoma, or oregon,
pa pennsylvania, ri rhodeisland, sc southcarolina, sd southdakota, tn tennessee, tx texas, ut utah,
vt vermont, va virginia, wa washington, wv westvirginia, wi wisconsin, wy wyoming,
ab alberta, bc britishcolumbia, mb manitoba, nb newbrunswick, nl newfoundlandandlabrador,
ns novascotia, nt northwestterritories, nu nunavut, on ontario, pe princeedwardisland, qc quebec,
sk saskatchewan, yt yukon
"""

# The abbreviations of car plates and addresses. Accented letters are missing as `state` drops them.
_ITALIAN = """
ag agrigento, al alessandria, an ancona, ao aosta, ao valledaosta, ar arezzo, ap ascolipiceno, at asti,
av avellino, ba bari, bt barlettaandriatrani, bl belluno, bn benevento, bg bergamo, bi biella, bo bologna,
bz bolzano, bz bozen, bz bolzanobozen, bs brescia, br brindisi, ca cagliari, cl caltanissetta,
cb campobasso, ce caserta, ct catania, cz catanzaro, ch chieti, co como, cs cosenza, cr cremona,
kr crotone, cn cuneo, en enna, fm fermo, fe ferrara, fi firenze, fg foggia, fc forl, fc forli, fc forlcesena,
fc forlicesena, fc fo, fr frosinone, ge genova, go gorizia, gr grosseto, im imperia, is isernia,
sp laspezia, aq laquila, lt latina, le lecce, lc lecco, li livorno, lo lodi, lu lucca, mc macerata,
mn mantova, ms massacarrara, ms massa, mt matera, me messina, mi milano, mo modena, mb monza,
mb monzabrianza, mb monzaebrianza, mb monzaedellabrianza, na napoli, no novara, nu nuoro, or oristano,
pd padova, pa palermo, pr parma, pv pavia, pg perugia, pu pesaro, pu pesaroeurbino, pu pesarourbino, pu ps,
pe pescara, pc piacenza, pi pisa, pt pistoia, pn pordenone, pz potenza, po prato, rg ragusa, ra ravenna,
rc reggiocalabria, rc reggiodicalabria, re reggioemilia, re reggionellemilia, ri rieti, rn rimini, rm roma,
ro rovigo, sa salerno, ss sassari, sv savona, si siena, sr siracusa, so sondrio, su sudsardegna, ta taranto,
te teramo, tr terni, to torino, tp trapani, tn trento, tv treviso, ts trieste, ud udine, va varese,
ve venezia, vb verbania, vb verbanocusioossola, vc vercelli, vr verona, vv vibovalentia, vi vicenza,
vt viterbo, ci carboniaiglesias, vs mediocampidano, og ogliastra, ot olbiatempio
"""


def _codes_by_name(table: str) -> dict[str, str]:
    pairs = (entry.split() for entry in table.split(","))
    return {name: code for code, name in pairs}


AMERICAN_STATES = _codes_by_name(_AMERICAN)
ITALIAN_PROVINCES = _codes_by_name(_ITALIAN)
