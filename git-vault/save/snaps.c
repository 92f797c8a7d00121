#include "git-vault/save/snaps.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "record/record_refs.h"
#include "record/record_resolve.h"

/* As gv_record_resolve(), among these refs; *id is the caller's to free. */
static int
find(char **id, struct gv_repo *repo, const struct gv_record_refs *refs,
    const char *name, bool damaged)
{
	struct gv_record rec = { 0 };
	struct gv_oid commit;
	int r = gv_record_resolve(&rec, repo,
	    &(struct gv_record_query){ .text = name, .refs = refs });

	*id = NULL;
	if (r == GV_ECORRUPT && damaged)
		return gv_record_resolve_ref(id, &commit, repo, name);
	if (r == 0) {
		*id = strdup(rec.id);
		r = *id ? 0 : gv_err_nomem();
	}
	gv_record_release(&rec);
	return r;
}

/* Once; it is ours then. */
static void
add(struct gv_snaps *snaps, char *id)
{
	size_t i;

	for (i = 0; i < snaps->n; i++) {
		assert(snaps->ids[i]);
		if (strcmp(snaps->ids[i], id) == 0)
			break;
	}
	if (i < snaps->n)
		free(id);
	else
		snaps->ids[snaps->n++] = id;
}

int
gv_snaps_resolve(struct gv_snaps *out, struct gv_repo *repo, int argc,
    char **argv, bool damaged)
{
	struct gv_record_refs refs = { 0 };
	char *id;
	int i, r = gv_record_refs_load(&refs, repo);

	memset(out, 0, sizeof(*out));
	out->ids = calloc((size_t)argc + 1, sizeof(*out->ids));
	if (r == 0 && out->ids == NULL)
		r = gv_err_nomem();
	for (i = 0; r == 0 && i < argc; i++) {
		if ((r = find(&id, repo, &refs, argv[i], damaged)) == 0)
			add(out, id);
	}
	gv_record_refs_release(&refs);
	if (r < 0)
		gv_snaps_release(out);
	return r;
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
	size_t i;

	if (snaps == NULL)
		return;
	for (i = 0; i < snaps->n; i++)
		free(snaps->ids[i]);
	free(snaps->ids);
	memset(snaps, 0, sizeof(*snaps));
}
