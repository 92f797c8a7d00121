#include "snaps.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "json.h"
#include "out.h"

int
gv_snaps_resolve(
    struct gv_snaps *out, struct gv_repo *repo, int argc, char **argv)
{
	struct gv_snaps snaps = { 0 };
	size_t i;
	int r = gv_records_resolve(
	    &snaps.records, repo, (const char *const *)argv, (size_t)argc);

	if (r < 0)
		return r;
	snaps.ids = calloc(snaps.records.n + 1, sizeof(*snaps.ids));
	if (snaps.ids == NULL) {
		gv_snaps_release(&snaps);
		return gv_err_nomem();
	}
	for (i = 0; i < snaps.records.n; i++)
		snaps.ids[i] = snaps.records.records[i].id;
	snaps.n = i;
	*out = snaps;
	return 0;
}

void
gv_snaps_print(struct gv_out *out, const struct gv_snaps *snaps)
{
	size_t i;

	for (i = 0; i < snaps->n; i++) {
		gv_out_id(out, snaps->ids[i]);
		gv_out_printf(out, "\n");
	}
}

void
gv_snaps_json(struct gv_json *j, const char *key, const struct gv_snaps *snaps)
{
	size_t i;

	gv_json_object(j, NULL);
	gv_json_array(j, key);
	for (i = 0; i < snaps->n; i++)
		gv_json_string(j, NULL, snaps->ids[i]);
	gv_json_end(j);
	gv_json_end(j);
}

void
gv_snaps_release(struct gv_snaps *snaps)
{
	if (snaps == NULL)
		return;
	gv_records_release(&snaps->records);
	free(snaps->ids);
	memset(snaps, 0, sizeof(*snaps));
}
