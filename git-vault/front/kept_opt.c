#include "git-vault/front/kept_opt.h"

#include <stdio.h>

#include "git-vault/front/opt.h"
#include "policy/disclosure.h"

#define NAME_MAX_BYTES 32 /* of "--" and the longest name */

int
gv_kept_opt_check(
    struct gv_repo *repo, const struct gv_opt *opts, const void *values)
{
	struct gv_disclosure d = GV_DISCLOSURE_INIT(repo);
	const struct gv_opt_list *list;
	const char *const *items;
	const char *at;
	char name[NAME_MAX_BYTES];
	size_t i, n;
	int r = 0;

	for (; r == 0 && opts && opts->type != GV_OPT_END; opts++) {
		if (!opts->is_kept)
			continue;
		at = (const char *)values + opts->at;
		list = (const struct gv_opt_list *)(const void *)at;
		items = opts->type == GV_OPT_LIST
		    ? list->items
		    : (const char *const *)(const void *)at;
		n = opts->type == GV_OPT_LIST ? list->n : *items != NULL;
		snprintf(name, sizeof(name), "--%s", opts->name);
		for (i = 0; r == 0 && i < n; i++)
			r = gv_disclosure_check(&d, name, items[i]);
	}
	gv_disclosure_release(&d);
	return r;
}
