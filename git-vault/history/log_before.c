#include "git-vault/history/log_before.h"

#include <string.h>

#include "record/record.h"

int
gv_log_before_init(struct gv_log_before *out, const struct gv_records *all)
{
	size_t i;
	int r = 0;

	out->all = all;
	for (i = 0; r == 0 && i < all->n; i++) {
		struct gv_record *rec = &all->records[i];

		if (rec->only == NULL)
			r = gv_map_put(
			    &out->by_id, rec->id, strlen(rec->id), rec);
	}
	return r;
}

void
gv_log_before_release(struct gv_log_before *b)
{
	gv_map_release(&b->by_id);
}

const struct gv_record *
gv_log_before_get(const struct gv_log_before *b, size_t i)
{
	const struct gv_record *rec = &b->all->records[i], *found = NULL;

	if (rec->previous)
		found =
		    gv_map_get(&b->by_id, rec->previous, strlen(rec->previous));
	for (i++; found == NULL && i < b->all->n; i++)
		if (b->all->records[i].only == NULL)
			found = &b->all->records[i];
	return found;
}
