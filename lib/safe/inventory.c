#include "safe/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/record_walk.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "safe/inventory_internal.h"
#include "sys/cancel.h"
#include "vault/ledger.h"

#define SHOWN 8 /* digits of an id, or more where that names several */

/* ---- the snapshots ---- */

/* A list of a meta/, or nothing where there is none. */
static int
find_list(struct gv_oid *out, struct gv_odb *odb, const struct gv_oid *meta,
    const char *name)
{
	unsigned mode;
	int r = gv_tree_find(odb, meta, name, &mode, out);

	if (r == GV_ENOTFOUND)
		memset(out, 0, sizeof(*out));
	return r == GV_ENOTFOUND ? 0 : r;
}

static int
add_snapshot(struct gv_inventory_run *run, const struct gv_record *rec)
{
	struct gv_inventory *inv = run->inv;
	struct gv_inventory_snapshot *s;
	int r = GV_GROW(inv->snapshots, inv->n_snapshots, inv->cap_snapshots);

	if (r < 0)
		return r;
	s = &inv->snapshots[inv->n_snapshots];
	memcpy(s->id, rec->id, sizeof(s->id));
	s->time = rec->time;
	if ((r = find_list(&s->list, run->odb, &rec->meta, "secrets")) == 0 &&
	    (r = find_list(
		 &s->staged, run->odb, &rec->meta, "index-secrets")) == 0)
		r = find_list(&s->meta, run->odb, &rec->meta, "meta-secrets");
	if (r == 0)
		inv->n_snapshots++;
	return r == 0 || r == GV_ENOMEM ? r : gv_inventory_note(run, rec->id);
}

int
gv_inventory_note(struct gv_inventory_run *run, const char *what)
{
	gv_buf_addf(&run->inv->damaged, "%s: %s\n", what, gv_err_message());
	return gv_buf_check(&run->inv->damaged);
}

static int
load_snapshots(struct gv_inventory_run *run)
{
	struct gv_record_walk *walk = NULL;
	struct gv_record rec = { 0 };
	int r = gv_record_walk_open(
	    &walk, run->repo, GV_RECORD_RECALL | GV_RECORD_ALL);

	while (r == 0) {
		if (run->opts->is_newest && run->inv->n_snapshots)
			break;
		if ((r = gv_record_walk_next(walk, &rec)) == 0)
			break;
		if (r > 0)
			r = add_snapshot(run, &rec);
		else if (r == GV_ECORRUPT)
			r = gv_inventory_note(run, "a snapshot");
		gv_record_release(&rec);
		if (r == 0 && gv_cancel_requested())
			r = gv_cancel_error();
	}
	gv_record_walk_close(walk);
	return r;
}

/* ---- all of it ---- */

static int
compare_values(const void *a, const void *b)
{
	const struct gv_inventory_value *x = a, *y = b;
	int c = strcmp(x->scope, y->scope);

	return c ? c : memcmp(x->id.bytes, y->id.bytes, GV_DIGEST_BYTES);
}

static int
compare_ids(const void *a, const void *b)
{
	const struct gv_inventory_value *const *x = a, *const *y = b;

	return memcmp((*x)->id.bytes, (*y)->id.bytes, GV_DIGEST_BYTES);
}

/* How many digits two ids have in common. */
static unsigned
common(const struct gv_inventory_value *a, const struct gv_inventory_value *b)
{
	unsigned i;

	for (i = 0; i < GV_DIGEST_BYTES; i++)
		if (a->id.bytes[i] != b->id.bytes[i])
			return 2 * i + ((a->id.bytes[i] ^ b->id.bytes[i]) < 16);
	return 2 * i;
}

/* How many digits name each of them alone. */
static int
count_digits(struct gv_inventory *inv)
{
	struct gv_inventory_value **all = calloc(inv->n + 1, sizeof(*all));
	size_t i;

	if (all == NULL)
		return gv_err_nomem();
	for (i = 0; i < inv->n; i++)
		all[i] = &inv->values[i];
	qsort(all, inv->n, sizeof(struct gv_inventory_value *), compare_ids);
	for (i = 0; i < inv->n; i++) {
		unsigned n = SHOWN, c;

		if (i && (c = common(all[i - 1], all[i])) >= n)
			n = c + 1;
		if (i + 1 < inv->n && (c = common(all[i], all[i + 1])) >= n)
			n = c + 1;
		all[i]->unique = n < GV_REDACT_ID_HEX ? n : GV_REDACT_ID_HEX;
	}
	free(all);
	return 0;
}

bool
gv_inventory_wants(const struct gv_inventory_run *run, const char *scope)
{
	size_t i;

	for (i = 0; i < run->opts->n_scopes; i++)
		if (strcmp(run->opts->scopes[i], scope) == 0)
			return true;
	return run->opts->n_scopes == 0;
}

int
gv_inventory_load(struct gv_inventory *out, struct gv_repo *repo,
    const struct gv_inventory_opts *opts)
{
	static const struct gv_inventory_opts all = { .n_scopes = 0 };
	struct gv_inventory_run run = {
		.inv = out,
		.repo = repo,
		.opts = opts ? opts : &all,
		.known = GV_MAP_INIT,
		.parts = GV_MAP_INIT,
	};
	int r = gv_repo_odb(repo, &run.odb);

	*out = (struct gv_inventory){ .damaged = GV_BUF_INIT,
		.arena = GV_ARENA_INIT };
	if (r < 0 || (r = load_snapshots(&run)) != 0 ||
	    (r = gv_inventory_read_lists(&run)) < 0 ||
	    (r = gv_inventory_read_scopes(&run)) < 0 ||
	    (r = gv_inventory_drop_parts(&run)) < 0)
		goto out;
	if (out->n) {
		qsort(
		    out->values, out->n, sizeof(*out->values), compare_values);
		r = count_digits(out);
	}
out:
	gv_map_release(&run.known);
	gv_map_release(&run.parts);
	gv_arena_release(&run.arena);
	return r;
}

void
gv_inventory_release(struct gv_inventory *inv)
{
	size_t i;

	if (inv == NULL)
		return;
	for (i = 0; i < inv->n; i++) {
		free(inv->values[i].places);
		gv_lifecycle_release(&inv->values[i].life);
	}
	free(inv->values);
	free(inv->snapshots);
	gv_buf_release(&inv->damaged);
	gv_arena_release(&inv->arena);
	memset(inv, 0, sizeof(*inv));
}

/* ---- questions ---- */

int
gv_inventory_find(const struct gv_inventory_value **out,
    const struct gv_inventory *inv, const char *text)
{
	size_t i, len = strlen(text), n = 0;
	char hex[GV_REDACT_ID_HEX + 1];

	if (len < GV_INVENTORY_PREFIX || len > GV_REDACT_ID_HEX ||
	    strspn(text, "0123456789abcdef") != len)
		return gv_err(GV_EUSAGE,
		    "'%s' is not the id of a secret: give the first %d or more "
		    "of its hexadecimal digits",
		    text, GV_INVENTORY_PREFIX);
	for (i = 0; i < inv->n; i++) {
		gv_enc_hex(hex, inv->values[i].id.bytes, GV_DIGEST_BYTES);
		if (strncmp(hex, text, len) != 0)
			continue;
		*out = &inv->values[i];
		n++;
	}
	if (n == 0)
		return gv_err(GV_ENOTFOUND,
		    "there is no secret '%s'; to list all: git vault secret "
		    "list",
		    text);
	return n == 1
	    ? 0
	    : gv_err(GV_EREFUSED, "'%s' matches %zu secrets; give more digits",
		  text, n);
}

const struct gv_inventory_value *
gv_inventory_get(const struct gv_inventory *inv, const struct gv_digest *id)
{
	size_t i;

	for (i = 0; i < inv->n; i++)
		if (memcmp(inv->values[i].id.bytes, id->bytes,
			GV_DIGEST_BYTES) == 0)
			return &inv->values[i];
	return NULL;
}

bool
gv_inventory_is_current(const struct gv_inventory_value *value)
{
	return value->is_used && value->newest == 0;
}

bool
gv_inventory_is_due(const struct gv_inventory_value *value)
{
	return value->life.is_revoked && gv_inventory_is_current(value);
}

const char *
gv_inventory_state(const struct gv_inventory_value *value)
{
	return value->life.is_revoked            ? "revoked"
	    : value->life.is_rotated             ? "rotated"
	    : value->is_used || value->life.name ? "ok"
						 : "unreferenced";
}
