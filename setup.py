"""What pyproject.toml cannot say: what lies beside `webapp/` in the tree goes inside it in a wheel.

`webapp/places.py` finds it in either place. Everything else stands in pyproject.toml.
"""

from setuptools import find_namespace_packages, setup
from setuptools.command.build_py import build_py

BESIDE = {"webapp.templates": "templates", "webapp.static": "static"}
BESIDE_MODULE = ("webapp", "worker", "worker.py")  # package, module, file
DATA = {
    "": ["*.mako", "*.mo", "*.css", "*.html", "*.txt"],  # of any package
    "webapp.templates": ["**/*.html"],
    "webapp.static": ["*"],
}


class BuildWithWorker(build_py):
    """Puts `worker.py` into the package: a wheel must not bring a module called just “worker”."""

    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        found: list[tuple[str, str, str]] = super().find_package_modules(package, package_dir)
        return [*found, BESIDE_MODULE] if package == BESIDE_MODULE[0] else found


setup(
    packages=[*find_namespace_packages(include=["webapp*"]), *BESIDE],
    package_dir=BESIDE,
    package_data=DATA,
    include_package_data=False,
    cmdclass={"build_py": BuildWithWorker},
)
