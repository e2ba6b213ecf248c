"""examples/container and examples/observability: what an orchestrator reads there is what the image and the server have.

manifests.py SOURCE: the folder of the project. No schema is asked; what would go wrong unseen is.
"""
import pathlib
import re
import sys

import yaml

source = pathlib.Path(sys.argv[1])
container = source / "examples" / "container"
dockerfile = (container / "Dockerfile").read_text()
SOCKET = "/run/nuthatch/nuthatch.sock"
CHECK = ["nuthatch", "--healthcheck", "/etc/nuthatch/nuthatch.conf"]


def expect(what, is_so):
    if not is_so:
        raise SystemExit(f"not so: {what}")


def check_image():
    expect("the image's user is a number, not root's", re.search(r"^USER 999:999$", dockerfile, re.M))
    expect("its last stage copies nothing of the first but the package", dockerfile.count("--from=build") == 1)
    configuration = (container / "nuthatch.conf").read_text()
    expect("the socket", re.search(rf"^unixsocket {SOCKET}$", configuration, re.M))
    expect("memory by the container's limit", re.search(r"^maxmemory \d+%$", configuration, re.M))


def check_compose():
    compose = yaml.safe_load((container / "compose.yaml").read_text())
    cache, app = compose["services"]["cache"], compose["services"]["app"]
    built = (container / cache["build"]["context"]).resolve()
    expect("the image is built from the source", built == source.resolve())
    expect("by a file that is there", (built / cache["build"]["dockerfile"]).is_file())
    expect("nothing listens", cache["command"][1:3] == ["--port", "0"])
    expect("no rights", cache["cap_drop"] == ["ALL"] and cache["read_only"])
    expect("memory has a limit", "mem_limit" in cache)
    expect("one volume for both", cache["volumes"][0] in app["volumes"] and "socket" in compose["volumes"])
    expect("the application waits", app["depends_on"]["cache"]["condition"] == "service_healthy")
    expect("it asks the socket", app["environment"]["SHARED_URL"] == f"unix://{SOCKET}")
    expect("it is there", (container / "../fastapi/app/main.py").is_file())
    named = set(re.findall(r'environ(?:\.get)?[\[(]"([A-Z_]+)"', "".join(
        path.read_text() for path in (container / "../fastapi/app").glob("*.py"))))
    expect("it reads what it is told", set(app["environment"]) <= named)


def check_sidecar():
    deployment = yaml.safe_load((container / "sidecar.yaml").read_text())
    expect("a deployment", (deployment["apiVersion"], deployment["kind"]) == ("apps/v1", "Deployment"))
    labels = deployment["spec"]["selector"]["matchLabels"]
    template = deployment["spec"]["template"]
    expect("it finds its pods", template["metadata"]["labels"] == labels)
    pod = template["spec"]
    expect("nobody is root", pod["securityContext"]["runAsNonRoot"])
    app, cache = pod["containers"]
    mounts = [{(mount["name"], mount["mountPath"]) for mount in each["volumeMounts"]} for each in (app, cache)]
    expect("both see the socket", mounts[0] == mounts[1] == {("socket", "/run/nuthatch")})
    expect("in memory", pod["volumes"][0]["emptyDir"]["medium"] == "Memory")
    expect("its group is the server's", cache["securityContext"]["runAsGroup"] == pod["securityContext"]["fsGroup"])
    for probe in ("livenessProbe", "readinessProbe"):
        expect(f"{probe} is the health check", cache[probe]["exec"]["command"] == CHECK)
    expect("memory has a limit", "memory" in cache["resources"]["limits"])
    for each in (app, cache):
        context = each["securityContext"]
        expect("no rights", not context["allowPrivilegeEscalation"] and context["capabilities"]["drop"] == ["ALL"])


def check_observability():
    folder = source / "examples" / "observability"
    compose = yaml.safe_load((folder / "compose.yaml").read_text())
    for service in compose["services"].values():
        for volume in service["volumes"]:
            expect(f"{volume} is there", (folder / volume.split(":")[0]).exists())
    for file in (folder / "grafana" / "provisioning").rglob("*.yml"):
        expect(f"{file} says its version", yaml.safe_load(file.read_text())["apiVersion"] == 1)


check_image()
check_compose()
check_sidecar()
check_observability()
print("all well")
