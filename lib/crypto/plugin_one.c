#include <stdlib.h>

#include "base/err.h"
#include "crypto/identity.h"
#include "crypto/plugin.h"
#include "crypto/recipient.h"

static int
run(struct gv_plugin *p, const struct gv_plugin_runner *runner,
    const char *name, enum gv_plugin_task task)
{
	int r = gv_plugin_start(p);

	if (r == 0)
		r = runner->run(runner, p, name, task);
	return r < 0 ? r : gv_plugin_end(p);
}

int
gv_plugin_wrap_one(struct gv_buf *out, const struct gv_recipient *to,
    const unsigned char key[GV_AGE_KEY])
{
	struct gv_plugin *p = NULL;
	int r;

	if (to->runner == NULL)
		return gv_err(GV_EREFUSED,
		    "only age-plugin-%s can seal for the recipient %s",
		    to->plugin, to->text);
	r = gv_plugin_new(&p, to->plugin, GV_PLUGIN_WRAP, &to->runner->calls);
	if (r < 0 || (r = gv_plugin_add_recipient(p, to)) < 0 ||
	    (r = gv_plugin_add_key(p, key)) < 0 ||
	    (r = run(p, to->runner, to->plugin, GV_PLUGIN_WRAP)) < 0)
		goto out;
	if (*gv_plugin_labels(p)) {
		r = gv_err(GV_EREFUSED,
		    "age-plugin-%s needs files that only have recipients of "
		    "its own type (%s)",
		    to->plugin, gv_plugin_labels(p));
		goto out;
	}
	r = gv_plugin_stanzas(out, p, 0);
out:
	gv_plugin_free(p);
	return r;
}

int
gv_plugin_unwrap_one(unsigned char key[GV_AGE_KEY],
    const struct gv_identity *id, const struct gv_age_header *h)
{
	struct gv_plugin *p = NULL;
	int r;

	r = gv_plugin_new(&p, id->plugin, GV_PLUGIN_UNWRAP, &id->runner->calls);
	if (r == 0 && (r = gv_plugin_add_identity(p, id)) == 0 &&
	    (r = gv_plugin_add_header(p, h)) == 0 &&
	    (r = run(p, id->runner, id->plugin, GV_PLUGIN_UNWRAP)) == 0)
		r = gv_plugin_key(key, p, 0);
	gv_plugin_free(p);
	return r;
}
