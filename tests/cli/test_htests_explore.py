from judged_corpus import *
import pytest

pytestmark = pytest.mark.enable_socket


def test_x(user):
    mine = write_judged(user)
    for a in (["--judge", "off"], [], "L"):
        if a == "L":
            with ScriptedServer(about("total_of_paid", citing((2, 3), (2, 2)), not_a_clone())) as s:
                d = ask(s, user, "query", mine, "--json")
                for r in s.requests:
                    print(r.text[-5000:])
                    print("=======")
        else:
            d = call("query", mine, "--json", *a)
        print(d.err)
        for r in d.document["results"]:
            print(r["fragment"])
            for m in r["matches"][:3]:
                print(
                    "  ",
                    m["path"],
                    m["name"],
                    m["verdict"],
                    m["clone_type"],
                    m["probability"],
                    m["decided_by"],
                    m["evidence"][:2],
                    m["explanation"][:100],
                )
        print(d.document["degraded"])
