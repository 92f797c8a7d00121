#ifndef GV_PLUGIN_INTERNAL_H
#define GV_PLUGIN_INTERNAL_H
/* What the parts of plugin.h share. */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "crypto/plugin.h"
#include "crypto/secret.h"

struct gv_stanza;

struct gv_plugin {
	char *name;
	enum gv_plugin_task task;
	struct gv_plugin_calls calls;
	bool started, done;
	int failed;             /* with what, for good */
	struct gv_secret out;   /* to be written */
	struct gv_secret in;    /* came, not a whole stanza yet */
	size_t n_keys, n_files; /* recipients and identities; files */
	struct gv_buf *stanzas; /* of wrapping, one a file */
	struct gv_secret keys;  /* of unwrapping, GV_AGE_KEY bytes a file */
	bool *found;            /* of unwrapping, one a file */
	struct gv_buf labels;
	bool labelled;
	struct gv_buf complaint; /* the first */
};

/* Do what a stanza of the plugin says, and answer. As gv_plugin_input(). */
int gv_plugin_obey(struct gv_plugin *p, const struct gv_stanza *s);

#endif
