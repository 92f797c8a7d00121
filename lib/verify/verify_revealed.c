#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "crypto/age.h"
#include "key/backend_ref.h"
#include "object/chunk.h"
#include "object/odb.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "safe/ref_ask.h"
#include "safe/safe_reader.h"
#include "safe/safe_scopes.h"
#include "safe/safe_writer.h"
#include "seal/withheld.h"
#include "sys/cancel.h"
#include "verify/verify_internal.h"
#include "view/content.h"
#include "view/revealed.h"

/*
 * What a snapshot withholds, held against what it has: each placeholder stands
 * where the list says, in a file of the tree, and what is sealed for it is
 * here. A thousand snapshots mostly withhold the same of the same files, so
 * what was found good is known by a digest of all that was looked at.
 */
struct gv_verify_revealed {
	struct gv_arena arena;
	struct gv_map good;    /* digest -> itself: files with their places */
	struct gv_map objects; /* object id -> struct sealed */
	struct unopened *scopes;
	size_t n_scopes, cap_scopes;
	struct gv_revealed_reader *stored, *clear;
	struct gv_oid tree, list; /* of the last snapshot without a fault */
};

struct sealed {
	struct gv_oid oid;
	char *why; /* NULL: it is a file of age, or a tree of such */
};

struct unopened {
	const char *name;
	uint64_t values;
};

struct look {
	struct gv_verify_run *run;
	struct gv_verify_revealed *all;
	struct gv_verify_snapshot *s;
	const char *name; /* "tree", or "index" */
	struct gv_oid top;
	struct gv_buf path;
};

/* --- what is sealed --- */

static int
check_file(struct gv_odb *odb, const struct gv_oid *oid)
{
	struct gv_age_header head = { 0 };
	struct gv_object obj = { 0 };
	struct gv_backend_ref ref;
	int r;

	if ((r = gv_odb_read_type(odb, &obj, oid, GV_OTYPE_BLOB)) < 0)
		goto out;
	if (gv_backend_ref_is(obj.data, obj.len)) {
		r = gv_backend_ref_parse(&ref, obj.data, obj.len);
	} else {
		r = gv_age_header_read(&head, obj.data, obj.len);
		if (r == GV_ENOTFOUND)
			r = gv_err(GV_ECORRUPT,
			    "it ends within the header of an age file");
		gv_age_header_release(&head);
	}
out:
	gv_object_release(&obj);
	return r;
}

static int
check_chunk(void *ctx, const struct gv_oid *oid)
{
	return check_file(ctx, oid);
}

int
gv_verify_sealed(struct gv_odb *odb, const struct gv_oid *oid)
{
	enum gv_otype type;
	size_t size;
	int r = gv_odb_read_header(odb, &type, &size, oid);

	if (r < 0)
		return r;
	return type == GV_OTYPE_TREE ? gv_chunk_each(odb, oid, check_chunk, odb)
				     : check_file(odb, oid);
}

static bool
is_damage(int r)
{
	return r == GV_ECORRUPT || r == GV_ENOTFOUND || r == GV_EREFUSED;
}

static int
need_given(struct gv_verify_run *run)
{
	if (run->given)
		return 0;
	run->given = calloc(1, sizeof(*run->given));
	if (run->given == NULL)
		return gv_err_nomem();
	run->given->arena = (struct gv_arena)GV_ARENA_INIT;
	return 0;
}

int
gv_verify_look(
    const char **why, struct gv_verify_run *run, const struct gv_oid *oid)
{
	struct gv_verify_revealed *all;
	struct sealed *o;
	int r = need_given(run);

	*why = NULL;
	if (r < 0)
		return r;
	all = run->given;
	o = gv_map_get(&all->objects, oid->id, GV_OID_RAW);
	if (o == NULL) {
		o = gv_arena_alloc(&all->arena, sizeof(*o));
		if (o == NULL)
			return GV_ENOMEM;
		o->oid = *oid;
		r = gv_verify_sealed(run->odb, oid);
		if (is_damage(r)) {
			o->why = gv_arena_copy(&all->arena, gv_err_message(),
			    strlen(gv_err_message()));
			r = o->why ? 0 : GV_ENOMEM;
		}
		if (r == 0)
			r = gv_map_put(&all->objects, o->oid.id, GV_OID_RAW, o);
	}
	*why = r < 0 ? NULL : o->why;
	return r;
}

/* --- one file --- */

static void
tell_file(struct look *l, const struct gv_oid *oid, const char *reason)
{
	gv_verify_tell(l->run, l->s, l->path.p, l->path.len, oid, reason);
}

static int
note_unopened(struct gv_verify_revealed *all, const char *scope, uint64_t n)
{
	struct unopened *u;
	size_t i;

	for (i = 0; i < all->n_scopes; i++)
		if (strcmp(all->scopes[i].name, scope) == 0)
			break;
	if (i == all->n_scopes) {
		if (GV_GROW(all->scopes, i, all->cap_scopes) < 0)
			return GV_ENOMEM;
		u = &all->scopes[i];
		u->values = 0;
		u->name = gv_arena_copy(&all->arena, scope, strlen(scope));
		if (u->name == NULL)
			return GV_ENOMEM;
		all->n_scopes++;
	}
	all->scopes[i].values += n;
	return 0;
}

/* The value of a place: where its scope has it, or else where it was. */
static int
check_value(struct look *l, const struct gv_withheld_entry *e)
{
	struct gv_safe *safe = l->run->opts->safe;
	struct gv_oid now = { 0 };
	const char *why = NULL;
	int r = GV_ENOTFOUND;

	if (e->kind == GV_WITHHELD_STATE)
		return 0;
	if (safe)
		r = gv_safe_find(&now, safe, e->scope, &e->place.id);
	if (r == 0)
		r = gv_verify_look(&why, l->run, &now);
	else if (is_damage(r))
		r = gv_verify_look(&why, l->run, &e->object);
	if (r == 0 && why && !gv_oid_is_zero(&now) &&
	    !gv_oid_equal(&now, &e->object))
		r = gv_verify_look(&why, l->run, &e->object);
	if (r < 0 || why == NULL)
		return r;
	/* nobody said that it is here */
	if (gv_oid_is_zero(&now) && !gv_odb_has(l->run->odb, &e->object) &&
	    gv_safe_is_absent(l->run->repo, e->scope))
		return l->run->opts->deep ? 0
					  : note_unopened(l->all, e->scope, 1);
	tell_file(l, &e->object, why);
	return 0;
}

/* Ask vaults of others for what they have of a file. *deep is taken back where
 * one of them did not answer: the rest is looked at as it is stored. */
static int
ask_vaults(struct look *l, const struct gv_revealed_what *what, bool *deep)
{
	struct gv_ref_ask_answer answer;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < what->file->n; i++) {
		r = gv_verify_ref(&answer, l->run, &what->file->entries[i]);
		if (r == 0 && answer.state == GV_REF_ASK_GONE)
			tell_file(l, NULL, answer.why);
		if (r == 0 && answer.state != GV_REF_ASK_THERE)
			*deep = false;
	}
	return r;
}

static int
check_bytes(struct look *l, const struct gv_revealed_what *what)
{
	struct gv_verify_revealed *all = l->all;
	bool deep = l->run->opts->deep;
	struct gv_revealed_left left = { 0 };
	int r = deep ? ask_vaults(l, what, &deep) : 0;

	if (r == 0 && all->stored == NULL)
		r = gv_revealed_reader_new(&all->stored, l->run->odb, NULL);
	if (r == 0 && deep && all->clear == NULL)
		r = gv_revealed_reader_new(
		    &all->clear, l->run->odb, l->run->opts->safe);
	if (r == 0)
		r = gv_revealed_try(
		    &left, deep ? all->clear : all->stored, what);
	if (r < 0 && left.damaged == 0) {
		/* one that cannot be read was told of as an object */
		if (r == GV_ECORRUPT)
			tell_file(l, &what->oid, gv_err_message());
		return is_damage(r) ? 0 : r;
	}
	if (left.damaged)
		tell_file(l, NULL, left.reason);
	return deep && left.sealed ? note_unopened(all, left.scope, left.sealed)
				   : 0;
}

/* What was looked at: the stored bytes and what is said of them. */
static void
name_file(struct gv_digest *out, const struct gv_revealed_what *what)
{
	static const unsigned char key[GV_DIGEST_KEY] = "git-vault verify";
	struct gv_digest last = { 0 };
	size_t i;

	for (i = 0; i < what->file->n; i++) {
		const struct gv_withheld_entry *e = &what->file->entries[i];
		const struct gv_digest_field f[] = {
			{ &last, sizeof(last) },
			{ &e->place.at, sizeof(e->place.at) },
			{ &e->place.id, sizeof(e->place.id) },
			{ e->place.rule, strlen(e->place.rule) },
			{ e->scope, strlen(e->scope) },
			{ &e->object, sizeof(e->object) },
			{ &what->oid, sizeof(what->oid) },
			{ &what->is_chunked, sizeof(what->is_chunked) },
		};

		gv_digest_keyed(
		    &last, key, "file", f, sizeof(f) / sizeof(f[0]));
	}
	*out = last;
}

static int
check_known(struct look *l, const struct gv_revealed_what *what)
{
	uint64_t before = l->run->result->faults;
	struct gv_digest name;
	char *copy;
	size_t i;
	int r = 0;

	name_file(&name, what);
	l->run->result->values += what->file->n;
	if (!l->run->opts->deep &&
	    gv_map_get(&l->all->good, name.bytes, sizeof(name.bytes)))
		return 0;
	for (i = 0; r == 0 && i < what->file->n; i++)
		r = check_value(l, &what->file->entries[i]);
	if (r == 0 && l->run->result->faults == before)
		r = check_bytes(l, what);
	if (r < 0 || l->run->result->faults != before)
		return r;
	copy = gv_arena_copy(&l->all->arena, name.bytes, sizeof(name.bytes));
	return copy ? gv_map_put(&l->all->good, copy, sizeof(name.bytes), copy)
		    : GV_ENOMEM;
}

static int
check_path(struct look *l, const struct gv_revealed_file *file)
{
	const struct gv_withheld_entry *e = file->entries;
	struct gv_revealed_what what = { .file = file };
	unsigned mode = 0;
	int r;

	gv_buf_reset(&l->path);
	gv_buf_addf(&l->path, "%s/", l->name);
	gv_buf_add(&l->path, e->path, e->path_len);
	if ((r = gv_buf_check(&l->path)) == 0)
		r = gv_tree_find(
		    l->run->odb, &l->top, e->path, &mode, &what.oid);
	if (r == GV_ENOTFOUND || (r == 0 && (mode & 0170000u) != 0100000u)) {
		tell_file(l, NULL,
		    "it has encrypted secrets, but the snapshot does not have "
		    "the file");
		return 0;
	}
	if (r == 0 && gv_oid_equal(&l->top, &l->s->rec.tree))
		r = gv_content_is_chunked(
		    l->run->odb, &l->s->rec, e->path, &what.oid);
	what.is_chunked = r > 0;
	return r < 0 ? r : check_known(l, &what);
}

/* --- one snapshot, and all --- */

static int
check_list(struct gv_verify_run *run, struct gv_verify_snapshot *s,
    enum gv_revealed_tree tree)
{
	bool is_index = tree == GV_REVEALED_INDEX;
	struct look l = { .run = run,
		.all = run->given,
		.s = s,
		.name = is_index ? "index" : "tree",
		.top = is_index ? s->rec.index : s->rec.tree,
		.path = GV_BUF_INIT };
	const char *name = is_index ? "meta/" GV_REVEALED_INDEX_LIST
				    : "meta/" GV_REVEALED_LIST;
	const struct gv_revealed_file *file;
	struct gv_revealed *given = NULL;
	size_t i;
	int r = gv_revealed_load(&given, run->odb, &s->rec, tree);

	if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		gv_verify_tell(
		    run, s, name, strlen(name), NULL, gv_err_message());
		return 0;
	}
	for (i = 0; r == 0 && (file = gv_revealed_at(given, i)) != NULL; i++)
		r = gv_cancel_requested() ? gv_cancel_error()
					  : check_path(&l, file);
	gv_revealed_free(given);
	gv_buf_release(&l.path);
	return r;
}

int
gv_verify_revealed(struct gv_verify_run *run, struct gv_verify_snapshot *s)
{
	uint64_t before = run->result->faults;
	struct gv_oid list = { 0 };
	unsigned mode;
	int r = need_given(run);

	if (r == 0)
		r = gv_tree_find(
		    run->odb, &s->rec.meta, GV_REVEALED_LIST, &mode, &list);
	if (r < 0 && r != GV_ENOTFOUND)
		return r;
	/* neither has changed */
	if (!run->opts->deep && r == 0 &&
	    gv_oid_equal(&list, &run->given->list) &&
	    gv_oid_equal(&s->rec.tree, &run->given->tree))
		return check_list(run, s, GV_REVEALED_INDEX);
	if ((r = check_list(run, s, GV_REVEALED_TREE)) == 0 &&
	    run->result->faults == before) {
		run->given->list = list;
		run->given->tree = s->rec.tree;
	}
	return r < 0 ? r : check_list(run, s, GV_REVEALED_INDEX);
}

struct scope {
	struct gv_verify_run *run;
	struct gv_verify_snapshot as; /* what faults name: the ref */
	const char *name;
	struct gv_safe_reader *reader; /* NULL: nothing is opened */
	bool is_told;                  /* no key opens what snapshots name */
	/* parts of states, not values, are visited */
	bool is_part;
};

static bool
is_unopened(const struct gv_verify_revealed *all, const char *scope)
{
	size_t i;

	for (i = 0; i < all->n_scopes; i++)
		if (strcmp(all->scopes[i].name, scope) == 0)
			return true;
	return false;
}

/* What a vault of others keeps alone was asked for by the lines of snapshots.
 */
static bool
is_ref(struct gv_odb *odb, const struct gv_oid *oid)
{
	struct gv_object obj = { 0 };
	bool is = gv_odb_read(odb, &obj, oid) == 0 &&
	    obj.type == GV_OTYPE_BLOB && gv_backend_ref_is(obj.data, obj.len);

	gv_object_release(&obj);
	return is;
}

/* Snapshots are had by what their own lines name, too, so those whose value the
 * scope has another one for are whole. *why is set where it is no value of that
 * id. */
static int
open_entry(const char **why, struct scope *scope, const struct gv_digest *id,
    const struct gv_oid *object)
{
	int r = scope->reader == NULL || is_ref(scope->run->odb, object)
	    ? 0
	    : gv_safe_hold(scope->reader, scope->name, id);

	if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
		*why = gv_err_message();
	else if (r == GV_ENOKEY && !scope->is_told)
		return note_unopened(scope->run->given, scope->name, 1);
	return *why || r == GV_ENOKEY || r == GV_EREFUSED ? 0 : r;
}

static int
check_entry(void *ctx, const struct gv_digest *id, const struct gv_oid *object)
{
	struct scope *scope = ctx;
	struct gv_buf path = GV_BUF_INIT;
	const char *why = NULL;
	int r = gv_cancel_requested()
	    ? gv_cancel_error()
	    : gv_verify_look(&why, scope->run, object);

	scope->run->result->sealed++;
	if (r < 0)
		return r;
	if (why == NULL && (r = open_entry(&why, scope, id, object)) < 0)
		return r;
	if (why) {
		char hex[GV_REDACT_ID_HEX + 1];

		gv_enc_hex(hex, id->bytes, GV_DIGEST_BYTES);
		gv_buf_addf(&path, "%.2s/%s.%s", hex, hex,
		    scope->is_part ? "part" : "age");
		gv_verify_tell(
		    scope->run, &scope->as, path.p, path.len, object, why);
		gv_buf_release(&path);
	}
	return 0;
}

int
gv_verify_scopes(struct gv_verify_run *run)
{
	struct gv_refs refs = { 0 };
	struct gv_safe_reader *reader = NULL;
	size_t i;
	int r;

	if ((r = need_given(run)) < 0 ||
	    (r = gv_ref_list(&refs, run->repo, GV_REFS_SECRETS)) < 0)
		goto out;
	if (run->opts->safe && run->opts->deep &&
	    (r = gv_safe_reader_new(&reader, run->opts->safe)) < 0)
		goto out;
	for (i = 0; r == 0 && run->opts->safe && i < refs.n; i++) {
		struct scope scope = { .run = run,
			.as.damaged = true,
			.as.id = (char *)(uintptr_t)refs.refs[i].name,
			.name = refs.refs[i].name + strlen(GV_REFS_SECRETS),
			.reader = reader };

		scope.is_told = is_unopened(run->given, scope.name);
		r = gv_safe_each(
		    run->opts->safe, scope.name, check_entry, &scope);
		scope.is_part = true;
		if (r == 0)
			r = gv_safe_each_part(
			    run->opts->safe, scope.name, check_entry, &scope);
		if (is_damage(r)) {
			gv_verify_tell(
			    run, &scope.as, "", 0, NULL, gv_err_message());
			r = 0;
		}
	}
out:
	gv_safe_reader_free(reader);
	gv_refs_release(&refs);
	return r;
}

/* Values whose object is missing are not counted: no key could open them. */
static void
count_owed(struct gv_verify_run *run, const struct unopened *u)
{
	bool may = false;

	if (run->opts->safe == NULL || gv_safe_is_absent(run->repo, u->name))
		return;
	if (gv_safe_may_read(&may, run->opts->safe, u->name) == 0 && may)
		run->result->owed_values += u->values;
}

void
gv_verify_revealed_free(struct gv_verify_run *run)
{
	struct gv_verify_revealed *all = run->given;
	size_t i;

	if (all == NULL)
		return;
	for (i = 0; i < all->n_scopes; i++) {
		count_owed(run, &all->scopes[i]);
		if (run->opts->unopened)
			run->opts->unopened(run->opts->fault_ctx,
			    all->scopes[i].name, all->scopes[i].values);
	}
	gv_revealed_reader_free(all->stored);
	gv_revealed_reader_free(all->clear);
	gv_map_release(&all->good);
	gv_map_release(&all->objects);
	free(all->scopes);
	gv_arena_release(&all->arena);
	free(all);
	run->given = NULL;
}
