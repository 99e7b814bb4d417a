"""Papers that leave the house: documents as PDF, and verifiable credentials. Pure: no rows, no people, no settings.

    from dataferry.server.papers import credentials, documents

    made = documents.render(documents.Certificate("Certificate of award", "en", name="Team Plum", ...))
    signed = credentials.issue({"award": "grand"}, kinds=("ChallengeAward",), key=key, issuer=issuer, ...)
    findings = credentials.verify(signed, journal.trusted_keys(), status_list=list_credential)

The two are found when they are asked for: a program that only verifies loads no typesetting.
"""
