#include "git-vault/good/rollback.h"

#include <stdlib.h>
#include <string.h>

#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "rollback/configkeys_change.h"
#include "rollback/rollback_keys.h"

#define SHOWN 20 /* of a file */

static const struct {
	enum gv_out_slot slot;
	const char *word, *name;
} changes[] = {
	[GV_CONFIGKEYS_ADDED] = { GV_OUT_ADDED, "add", "added" },
	[GV_CONFIGKEYS_CHANGED] = { GV_OUT_CHANGED, "change", "changed" },
	[GV_CONFIGKEYS_REMOVED] = { GV_OUT_REMOVED, "remove", "removed" },
};

/* Keys are listed next to the plan. If they cannot be read, the file is listed
 * without them. */
void
gv_rollback_plan_keys(struct gv_rollback_run *w)
{
	struct gv_rollback_keys *keys = NULL;
	size_t i;

	w->keys = calloc(w->n_changes + 1, sizeof(*w->keys));
	if (w->keys == NULL ||
	    gv_rollback_keys_open(&keys, w->ctx->repo, &w->rec, w->safe) < 0)
		return;
	for (i = 0; i < w->n_changes; i++) {
		const struct gv_restore_change *c = &w->changes[i];

		if (c->action == GV_RESTORE_CHANGE && !c->is_dir)
			(void)gv_rollback_keys_find(
			    &w->keys[i], keys, c->path, &w->arena);
	}
	gv_rollback_keys_close(keys);
}

static void
print_key(struct gv_out *out, const struct gv_configkeys_change *key)
{
	gv_out_printf(out, "  ");
	gv_out_paint(
	    out, changes[key->kind].slot, "%s", changes[key->kind].word);
	gv_out_printf(out, " ");
	if (key->name)
		gv_out_path(out, key->name, strlen(key->name));
	else
		gv_out_printf(out, "(a name that looks like a secret)");
	gv_out_printf(out, "%s\n", key->is_sealed ? " (sealed)" : "");
}

void
gv_rollback_out_keys(const struct gv_rollback_run *w, size_t change)
{
	const struct gv_configkeys_changes *list;
	size_t i, n, rest;

	if (w->keys == NULL)
		return;
	list = &w->keys[change];
	n = list->n < SHOWN ? list->n : SHOWN;
	rest = list->n - n;
	for (i = 0; i < n; i++)
		print_key(w->ctx->out, &list->items[i]);
	if (rest)
		gv_out_printf(w->ctx->out, "  and %zu more key%s\n", rest,
		    rest == 1 ? "" : "s");
}

void
gv_rollback_out_json_keys(const struct gv_rollback_run *w, size_t change)
{
	struct gv_json *j = w->ctx->json;
	size_t i;

	if (w->keys == NULL || !w->keys[change].is_known)
		return;
	gv_json_array(j, "keys");
	for (i = 0; i < w->keys[change].n; i++) {
		const struct gv_configkeys_change *key =
		    &w->keys[change].items[i];

		gv_json_object(j, NULL);
		gv_json_string(j, "key", key->name);
		gv_json_string(j, "change", changes[key->kind].name);
		gv_json_bool(j, "sealed", key->is_sealed);
		gv_json_end(j);
	}
	gv_json_end(j);
}
