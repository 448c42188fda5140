"""A plugin of the kind that companies write: it adds to what jobs write, and has a template."""

import pathlib

from vdk.api.plugin.hook_markers import hookimpl


class Stamp:
    """Adds a key to secrets and properties before they are written."""

    def write(self, job, team, document):
        return {**document, "stamp": f"{team}/{job}"}

    write_secrets = write_properties = write


@hookimpl
def initialize_job(context):
    context.secrets.set_secrets_factory_method("stamp", Stamp)
    context.properties.set_properties_factory_method("stamp", Stamp)
    context.templates.add_template("keep", pathlib.Path(__file__).with_name("keep"))
