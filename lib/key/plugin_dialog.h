#ifndef GV_PLUGIN_DIALOG_H
#define GV_PLUGIN_DIALOG_H
/*
 * Runs the plugins of age, programs called age-plugin-NAME, and shows their
 * messages and questions on the terminal. crypto/plugin.h has the protocol.
 *
 * A keyring, which a fetch brings, names plugins as well. So a plugin runs to
 * encrypt only where this repository allows it (vault.plugin), where the user
 * has an identity of the plugin, or where the user agrees when asked. No
 * program of the working tree is run.
 *
 *	gv_plugin_dialog_init(&talk, repo, is_own, ctx);
 *	identity.runner = &talk.runner;
 *	r = gv_age_open(&value, with, n, file, len, NULL);
 *	gv_plugin_dialog_release(&talk);
 */

#include <stdbool.h>

#include "base/arena.h"
#include "crypto/plugin.h"

struct gv_repo;

#define GV_PLUGIN_DIALOG_KEY "vault.plugin" /* of git's configuration */

/* Whether the user has an identity of a plugin. */
typedef bool gv_plugin_dialog_is_own(void *ctx, const char *name);

/* One talk at a time, whatever the threads: there is one person to be asked. */
struct gv_plugin_dialog {
	struct gv_plugin_runner runner; /* what recipients and identities get */
	struct gv_repo *repo;
	gv_plugin_dialog_is_own *is_own; /* may be NULL */
	void *ctx;
	const char *allowed[16]; /* in this run of the program */
	size_t n_allowed;
	struct gv_arena arena;
};

/* Begin; nothing is started. `repo` must outlive it, and it must not move. */
void gv_plugin_dialog_init(struct gv_plugin_dialog *talk, struct gv_repo *repo,
    gv_plugin_dialog_is_own *is_own, void *ctx);

/* Allow the plugin of a recipient that the user has named, in this repository
 * and for good; nothing for other recipients. 0; GV_ELOCKED or GV_ERROR where
 * the configuration cannot be written; GV_ENOMEM. */
int
gv_plugin_dialog_allow(struct gv_plugin_dialog *talk, const char *recipient);

/* Free; zeroed ok. */
void gv_plugin_dialog_release(struct gv_plugin_dialog *talk);

#endif
