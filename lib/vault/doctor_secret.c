#include <stdio.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "infra/precious.h"
#include "store/odb.h"
#include "store/tree.h"
#include "sys/cancel.h"
#include "vault/doctor_internal.h"
#include "vault/inventory.h"
#include "vault/purge.h"
#include "vault/record.h"

/* ---- what old snapshots have in clear ---- */

struct precious {
	struct gv_odb *odb;
	struct gv_oid base; /* of the snapshot at hand: HEAD's tree, or zero */
	/* the last one that has none, and its base: what is in both was looked
	 * at; zero: no such */
	struct gv_oid clean, clean_base;
	unsigned long snapshots;
	struct gv_buf first; /* ID:PATH */
	const struct gv_record *rec;
};

static bool
is_file(const struct gv_tree_entry *e)
{
	return e && e->mode != GV_MODE_LINK && e->mode != GV_MODE_GIT;
}

/* Whether HEAD had this path. */
static int
is_of_git(bool *out, const struct precious *p, const char *path)
{
	struct gv_oid oid;
	unsigned mode;
	int r = gv_oid_is_zero(&p->base)
	    ? GV_ENOTFOUND
	    : gv_tree_find(p->odb, &p->base, path, &mode, &oid);

	*out = r == 0;
	return r == GV_ENOTFOUND ? 0 : r;
}

/* What HEAD did not have is not Git's; and if its name is precious it was most
 * likely ignored. GV_EEXISTS for the first that is found. */
static int
look_at_path(void *ctx, const char *path, size_t len,
    const struct gv_tree_entry *before, const struct gv_tree_entry *own)
{
	struct precious *p = ctx;
	bool is_git;
	int r;

	if (!is_file(own) || is_file(before) ||
	    gv_precious_rule(path, len) == NULL)
		return 0;
	r = is_of_git(&is_git, p, path);
	if (r < 0 || is_git)
		return r;
	if (p->snapshots++ == 0)
		gv_buf_addf(&p->first, "%s:%.*s", p->rec->id, (int)len, path);
	return gv_buf_check(&p->first) < 0 ? GV_ENOMEM : GV_EEXISTS;
}

static int
find_base(struct gv_oid *out, struct gv_odb *odb, const struct gv_oid *commit)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(odb, &obj, commit, GV_OTYPE_COMMIT);

	if (r == 0 &&
	    (obj.len < 5 + GV_OID_HEX ||
		gv_oid_parse(out, (const char *)obj.data + 5) < 0))
		r = GV_ECORRUPT;
	gv_object_release(&obj);
	return r;
}

static int
look_at_snapshot(struct precious *p, const struct gv_record *rec)
{
	bool has_base = !gv_oid_is_zero(&rec->base), is_known;
	int r;

	memset(&p->base, 0, sizeof(p->base));
	r = has_base ? find_base(&p->base, p->odb, &rec->base) : 0;
	is_known = !gv_oid_is_zero(&p->clean) &&
	    gv_oid_equal(&p->base, &p->clean_base);
	p->rec = rec;
	if (r == 0)
		r = gv_tree_diff(p->odb,
		    is_known       ? &p->clean
			: has_base ? &p->base
				   : NULL,
		    &rec->tree, look_at_path, p);
	if (r == 0) {
		p->clean = rec->tree;
		p->clean_base = p->base;
	}
	/* what is damaged is for verify to tell */
	return r == GV_EEXISTS || r == GV_ECORRUPT || r == GV_ENOTFOUND ? 0 : r;
}

static int
look_at_all(struct precious *p, struct gv_repo *repo)
{
	struct gv_record_walk *walk = NULL;
	struct gv_record rec = { 0 };
	int r = gv_repo_odb(repo, &p->odb);

	if (r == 0)
		r = gv_record_walk_open(
		    &walk, repo, GV_RECORD_RECALL | GV_RECORD_ALL);
	while (r == 0 && (r = gv_record_walk_next(walk, &rec)) != 0) {
		if (r > 0)
			r = rec.format < GV_PURGE_FORMAT
			    ? look_at_snapshot(p, &rec)
			    : 0;
		else if (r == GV_ECORRUPT)
			r = 0;
		p->rec = NULL;
		gv_record_release(&rec);
		if (r == 0 && gv_cancel_requested())
			r = gv_cancel_error();
	}
	gv_record_walk_close(walk);
	return r;
}

int
gv_doctor_clear(struct gv_doctor *d)
{
	struct precious p = { .first = GV_BUF_INIT };
	int r = look_at_all(&p, d->repo);

	if (r == 0 && p.snapshots)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "precious_in_clear",
		    "git vault secret purge --precious",
		    "%lu snapshot%s ignored files in clear, from before they "
		    "were sealed, such as %s",
		    p.snapshots, p.snapshots == 1 ? " holds" : "s hold",
		    p.first.p);
	gv_buf_release(&p.first);
	return r;
}

/* ---- what is compromised and in use ---- */

int
gv_doctor_revoked(struct gv_doctor *d)
{
	const struct gv_inventory_value *first = NULL;
	char command[80], hex[GV_REDACT_ID_HEX + 1];
	struct gv_inventory inv;
	unsigned long n = 0;
	size_t i;
	int r = gv_inventory_load(&inv, d->repo, NULL);

	for (i = 0; r == 0 && i < inv.n; i++) {
		const struct gv_inventory_value *v = &inv.values[i];

		if (!v->life.is_revoked || !gv_inventory_is_current(v))
			continue;
		if (n++ == 0)
			first = v;
	}
	if (first) {
		gv_enc_hex(hex, first->id.bytes, GV_DIGEST_BYTES);
		snprintf(command, sizeof(command),
		    "git vault secret rotate --patch %.*s", (int)first->unique,
		    hex);
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "revoked_in_use",
		    command,
		    "%lu value%s revoked and still in use, such as %.*s in %s",
		    n, n == 1 ? " is" : "s are", (int)first->unique, hex,
		    first->n_places ? first->places[0].path : first->scope);
	}
	gv_inventory_release(&inv);
	return r;
}
