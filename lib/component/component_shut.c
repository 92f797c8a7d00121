#include "component/component_shut.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "component/component_stored.h"
#include "object/repo_odb.h"
#include "safe/safe.h"
#include "safe/safe_writer.h"

static int
find(struct gv_component_shut **out, struct gv_component_shuts *list,
    const struct gv_component_record *rec)
{
	struct gv_component_shut *last =
	    list->n ? &list->items[list->n - 1] : NULL;
	int r;

	*out = last;
	if (last && strcmp(last->env, rec->env) == 0 &&
	    strcmp(last->name, rec->name) == 0)
		return 0;
	if ((r = GV_GROW(list->items, list->n, list->cap)) < 0)
		return r;
	*out = &list->items[list->n++];
	**out = (struct gv_component_shut){ .env = strdup(rec->env),
		.name = strdup(rec->name) };
	return (*out)->env && (*out)->name ? 0 : gv_err_nomem();
}

/* Refs come the oldest first, so that the last one of a name is its newest. */
static int
look(struct gv_component_shuts *list, struct gv_safe *safe,
    const struct gv_component_record *rec)
{
	unsigned char readers[GV_SAFE_READERS];
	struct gv_component_shut *shut;
	int r = gv_safe_readers_sum(readers, safe, rec->env);

	if (r < 0)
		return r == GV_ENOMEM ? r : 0;
	if (memcmp(readers, rec->readers, sizeof(readers)) == 0) {
		if (list->n &&
		    strcmp(list->items[list->n - 1].env, rec->env) == 0 &&
		    strcmp(list->items[list->n - 1].name, rec->name) == 0)
			list->items[list->n - 1].is_newest = false;
		return 0;
	}
	if ((r = find(&shut, list, rec)) < 0)
		return r;
	shut->dumps++;
	shut->is_newest = true;
	return 0;
}

int
gv_component_shut(
    struct gv_component_shuts *out, struct gv_repo *repo, struct gv_safe *safe)
{
	struct gv_component_stored s = { .text = NULL };
	struct gv_refs refs = { 0 };
	struct gv_odb *odb;
	char *saved = gv_err_save();
	size_t i;
	int r = gv_component_list(&refs, repo, NULL, NULL);

	*out = (struct gv_component_shuts){ .n = 0 };
	if (r == 0)
		r = gv_repo_odb(repo, &odb);
	for (i = 0; r == 0 && i < refs.n; i++) {
		if ((r = gv_component_stored_load(&s, odb, &refs.refs[i])) == 0)
			r = look(out, safe, &s.record);
		else if (r != GV_ENOMEM)
			r = 0;
		gv_component_stored_release(&s);
	}
	gv_refs_release(&refs);
	if (r == 0)
		gv_err_restore(saved);
	else
		free(saved);
	return r;
}

void
gv_component_shut_release(struct gv_component_shuts *list)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		free(list->items[i].env);
		free(list->items[i].name);
	}
	free(list->items);
	*list = (struct gv_component_shuts){ .n = 0 };
}
