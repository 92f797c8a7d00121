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
	bool found; /* in the snapshot at hand */
	unsigned long snapshots;
	struct gv_buf first; /* ID:PATH */
	const struct gv_record *rec;
};

/* What HEAD did not have is not Git's; and if its name is precious it was most
 * likely ignored. */
static int
look_at_path(void *ctx, const char *path, size_t len,
    const struct gv_tree_entry *base, const struct gv_tree_entry *own)
{
	struct precious *p = ctx;

	if (p->found || base || own == NULL || own->mode == GV_MODE_LINK ||
	    own->mode == GV_MODE_GIT || gv_precious_rule(path, len) == NULL)
		return 0;
	p->found = true;
	if (p->snapshots++ == 0)
		gv_buf_addf(&p->first, "%s:%.*s", p->rec->id, (int)len, path);
	return gv_buf_check(&p->first);
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
	bool has_base = !gv_oid_is_zero(&rec->base);
	struct gv_oid base;
	int r = has_base ? find_base(&base, p->odb, &rec->base) : 0;

	p->rec = rec;
	p->found = false;
	if (r == 0)
		r = gv_tree_diff(p->odb, has_base ? &base : NULL, &rec->tree,
		    look_at_path, p);
	/* what is damaged is for verify to tell */
	return r == GV_ECORRUPT || r == GV_ENOTFOUND ? 0 : r;
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
