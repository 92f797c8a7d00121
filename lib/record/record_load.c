#include "record/record_load.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/record_internal.h"
#include "record/record_parse.h"
#include "record/record_refs.h"
#include "repo/repo.h"
#include "sys/env.h"

int
gv_record_load_parts(struct gv_record *rec, struct gv_odb *odb)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r = gv_odb_read_type(odb, &obj, &rec->root, GV_OTYPE_TREE);

	if (r < 0)
		return r;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		if (e.mode != GV_MODE_DIR)
			continue;
		if (strcmp(e.name, "tree") == 0)
			rec->tree = e.oid;
		else if (strcmp(e.name, "index") == 0)
			rec->index = e.oid;
		else if (strcmp(e.name, "meta") == 0)
			rec->meta = e.oid;
	}
	if (r == 0 &&
	    (gv_oid_is_zero(&rec->tree) || gv_oid_is_zero(&rec->meta)))
		r = gv_err(GV_ECORRUPT, "there is no %s/ in its commit",
		    gv_oid_is_zero(&rec->tree) ? "tree" : "meta");
	gv_object_release(&obj);
	return r;
}

static int
load(struct gv_record *out, struct gv_odb *odb, const struct gv_oid *commit,
    bool skim)
{
	struct gv_object obj = { 0 };
	struct gv_record rec = { 0 };
	int r = gv_odb_read_type(odb, &obj, commit, GV_OTYPE_COMMIT);

	if (r == 0)
		r = gv_record_parse(&rec, obj.data, obj.len);
	gv_object_release(&obj);
	if (r < 0)
		return r;
	rec.commit = *commit;
	if (!skim)
		r = gv_record_load_parts(&rec, odb);
	if (r < 0) {
		/* a part that is missing is damage, the snapshot is there */
		gv_record_release(&rec);
		return r == GV_ENOTFOUND ? GV_ECORRUPT : r;
	}
	*out = rec;
	return 0;
}

int
gv_record_load(
    struct gv_record *out, struct gv_repo *repo, const struct gv_oid *commit)
{
	char hex[GV_OID_HEX + 1];
	struct gv_odb *odb;
	int r = gv_repo_odb(repo, &odb);

	if (r < 0)
		return r;
	r = load(out, odb, commit, false);
	gv_oid_format(hex, commit);
	return r < 0 ? gv_err_in(r, "commit %s", hex) : 0;
}

int
gv_record_load_now(struct gv_record *out, struct gv_repo *repo, const char *id,
    const struct gv_oid *commit, bool skim)
{
	char *why = NULL;
	struct gv_odb *odb;
	struct gv_oid now;
	int r = gv_repo_odb(repo, &odb), s;

	if (r == 0)
		r = load(out, odb, commit, skim);
	if (r != GV_ENOTFOUND && r != GV_ECORRUPT)
		return r;
	why = strdup(gv_err_message());
	s = gv_record_refs_now(&now, repo, id);
	if (s > 0 && !gv_oid_equal(&now, commit)) {
		if ((r = gv_odb_refresh(odb)) == 0)
			r = load(out, odb, &now, skim);
	} else if (s == 0) {
		r = gv_err(GV_ENOTFOUND,
		    "snapshot %s is no longer there: it was deleted just now",
		    id);
	} else {
		r = gv_err(GV_ECORRUPT, "%s", why ? why : "it cannot be read");
	}
	free(why);
	return r;
}

int
gv_record_load_id(struct gv_record *out, struct gv_repo *repo, const char *id,
    const struct gv_oid *commit)
{
	char hex[GV_OID_HEX + 1];
	int r = gv_record_load_now(out, repo, id, commit, false);

	gv_oid_format(hex, commit);
	return r < 0 && r != GV_ENOTFOUND ? gv_err_in(r, "commit %s", hex) : r;
}
