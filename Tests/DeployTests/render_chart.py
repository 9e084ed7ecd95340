# SPDX-License-Identifier: Apache-2.0
"""Renders a chart with Helm's own engine: render_chart.py CHART RELEASE NAMESPACE VALUES.json; or lints it."""
import json
import pathlib
import sys

import helm_python

chart, release, namespace, values_file = sys.argv[1:]
values = json.loads(pathlib.Path(values_file).read_text())
report = helm_python.lint(chart, values, strict=True)
bad = [message for message in report["messages"] if message["severity"] > 1] + report["errors"]
if bad:
    sys.exit("helm lint: " + json.dumps(bad))
rendered = helm_python.Chart.load(chart).render(values, name=release, namespace=namespace)
print("\n---\n".join(text for path, text in sorted(rendered.items()) if path.endswith(".yaml")))
