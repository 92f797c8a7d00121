#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "crypto/secret.h"
#include "detect/sweep_internal.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/record.h"
#include "repo/repo.h"
#include "safe/safe_reader.h"
#include "scan/value.h"
#include "seal/needle.h"
#include "seal/withheld.h"
#include "sys/cancel.h"
#include "view/revealed.h"

/*
 * A snapshot as it is stored. Besides what the scanner finds in its files, each
 * of its own secrets is sought in all that it stores: an equal text is that
 * secret in clear, whatever it is called there.
 */

#define MOST      ((uint64_t)64 * 1024 * 1024) /* of an object */
#define MOST_FILE ((size_t)1024 * 1024)        /* of an encrypted file */
#define LINE      256                          /* of a file that is one value */
#define LONG      32  /* from here on only chance in it counts */
#define CHANCE    3.0 /* bits per byte */

static const struct gv_finding_rule rule = {
	.id = GV_SWEEP_OWN_RULE,
	.description = "A secret that the snapshot encrypts, in clear",
	.remediation = "Rotate the secret, and remove it from this file. To "
		       "remove it from the snapshots: git vault secret purge",
	.kind = "token",
	.severity = "critical",
};

struct seeking {
	struct gv_sweep *sweep;
	struct gv_sweep_sought *sought;
	struct gv_needles *needles;
	struct gv_scan scan;
	struct gv_safe_reader *reader;
	struct gv_secret value;
	/* paths where the values of the needles belong, by their tags */
	const char **homes;
	size_t n_homes, cap_homes;
	struct gv_map opened; /* "scope id" of values that were looked at */
	struct gv_map seen;   /* objects at their paths */
	struct gv_arena arena;
	/* the object at hand, in which places come in their order */
	const char *path;
	const char *text;
	size_t len;
	size_t line_at; /* where the line of the last place begins */
	unsigned line;
	size_t end; /* of the last one that was kept */
	/* what the scanner found, by path and place, and of this path what is
	 * not behind yet */
	size_t n_scanned, found;
};

/* ---- what is sought ------------------------------------------------------ */

/* Whether an equal text elsewhere is no accident. */
static bool
is_telling(const char *p, size_t len)
{
	struct gv_value v;

	if (len < GV_NEEDLE_MIN)
		return false;
	gv_value_judge(&v, p, len);
	if (v.shape == GV_VALUE_PUBLIC)
		return false;
	if (len >= LONG)
		return gv_value_has_entropy(NULL, p, len, CHANCE);
	return (v.shape == GV_VALUE_LITERAL || v.shape == GV_VALUE_UUID) &&
	    gv_score_value(&v, p, len) >= GV_SCORE_JUMBLE;
}

static int
seek(struct seeking *s, const char *p, size_t len, const char *path, size_t n)
{
	int r;

	if (!is_telling(p, len)) {
		s->sought->simple++;
		return 0;
	}
	if ((r = GV_GROW(s->homes, s->n_homes, s->cap_homes)) < 0)
		return r;
	s->homes[s->n_homes] = gv_arena_copy(&s->arena, path, n);
	if (s->homes[s->n_homes] == NULL)
		return GV_ENOMEM;
	s->sought->secrets++;
	return gv_needles_add(s->needles, p, len, s->n_homes++);
}

/* Of a file that is encrypted as a whole: the secrets in it, and all of it
 * where it is one line. */
static int
seek_inner(struct seeking *s, const char *path, size_t n)
{
	const char *text = (const char *)s->value.p;
	size_t len = s->value.len, i;
	int r =
	    gv_scan_run(&s->scan, s->sweep->private->rules, path, text, len);

	for (i = 0; r == 0 && i < s->scan.n; i++) {
		const struct gv_scan_finding *f = &s->scan.findings[i];

		if (f->grade >= GV_SCAN_LIKELY &&
		    f->encodings[0] == GV_SCAN_CLEAR)
			r = seek(s, text + f->at, f->len, path, n);
	}
	if (r < 0 || s->scan.n)
		return r;
	while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	if (len == 0 || len > LINE || memchr(text, '\n', len))
		return 0;
	return seek(s, text, len, path, n);
}

static int
take_piece(void *ctx, const void *data, size_t len)
{
	struct gv_secret *value = ctx;

	return len > MOST_FILE - value->len ? GV_EREFUSED
					    : gv_secret_add(value, data, len);
}

static int
note_unopened(struct seeking *s, const struct gv_withheld_entry *e)
{
	const char *path = gv_sweep_copy(s->sweep, e->path, e->path_len);

	return path
	    ? gv_sweep_note_file(s->sweep, path,
		  "a secret of it cannot be opened, so copies of that are not "
		  "searched for")
	    : GV_ENOMEM;
}

/* Each value once, however many files have it. */
static int
open_value(struct seeking *s, const struct gv_withheld_entry *e)
{
	const struct gv_safe_place place = { e->scope, e->place.id, e->object };
	const size_t n = strlen(e->scope), len = n + sizeof(place.id);
	char *key, *path;
	int r;

	if (e->kind == GV_WITHHELD_STATE)
		return 0;
	key = gv_arena_alloc(&s->arena, len);
	path = gv_arena_copy(&s->arena, e->path, e->path_len);
	if (key == NULL || path == NULL)
		return GV_ENOMEM;
	memcpy(key, e->scope, n);
	memcpy(key + n, &place.id, sizeof(place.id));
	if (gv_map_get(&s->opened, key, len))
		return 0;
	if ((r = gv_map_put(&s->opened, key, len, key)) < 0)
		return r;
	gv_secret_reset(&s->value);
	r = gv_safe_read(s->reader, &place, take_piece, &s->value);
	if (r == GV_ENOKEY || r == GV_ENOTFOUND || r == GV_ECORRUPT ||
	    r == GV_EREFUSED) {
		s->sought->unopened++;
		return note_unopened(s, e);
	}
	if (r < 0)
		return r;
	return e->kind == GV_WITHHELD_FILE
	    ? seek_inner(s, path, e->path_len)
	    : seek(
		  s, (const char *)s->value.p, s->value.len, path, e->path_len);
}

static int
open_list(struct seeking *s, struct gv_odb *odb, const struct gv_record *rec,
    enum gv_revealed_tree tree)
{
	const struct gv_revealed_file *file;
	struct gv_revealed *list;
	size_t i, k;
	int r = gv_revealed_load(&list, odb, rec, tree);

	if (r < 0)
		return r;
	for (i = 0; r == 0 && (file = gv_revealed_at(list, i)); i++)
		for (k = 0; r == 0 && k < file->n; k++)
			r = open_value(s, &file->entries[k]);
	gv_revealed_free(list);
	return r;
}

/* ---- where --------------------------------------------------------------- */

/* Where the findings of a path begin among those of the scanner. */
static size_t
first_of(const struct seeking *s, const char *path)
{
	size_t low = 0, high = s->n_scanned, at;

	while (low < high) {
		at = low + (high - low) / 2;
		if (strcmp(s->sweep->findings[at].path, path) < 0)
			low = at + 1;
		else
			high = at;
	}
	return low;
}

/* Whether it is there already: the scanner has found it, so that it was told or
 * allowed, or another form of it lies over this one. Those that end before it
 * are passed for good. */
static bool
is_found(struct seeking *s, size_t at, size_t len)
{
	const struct gv_finding *f;

	if (at < s->end)
		return true;
	for (; s->found < s->n_scanned; s->found++) {
		f = &s->sweep->findings[s->found];
		if (strcmp(f->path, s->path) != 0 || f->at >= at + len)
			return false;
		if (f->at + f->len > at)
			return true;
	}
	return false;
}

static void
set_place(struct gv_finding *f, struct seeking *s, size_t at, size_t len)
{
	const char *text = s->text, *begin = text + s->line_at, *lf;

	f->at = at;
	f->len = len;
	for (; (lf = memchr(begin, '\n', (size_t)(text + at - begin)));
	     begin = lf + 1)
		s->line++;
	s->line_at = (size_t)(begin - text);
	f->line = s->line;
	f->column = (unsigned)(text + at - begin) + 1;
	f->end_line = f->line;
	for (begin = text + at;
	     (lf = memchr(begin, '\n', (size_t)(text + at + len - begin)));
	     begin = lf + 1)
		f->end_line++;
}

/* The comment on its line can allow it, as any other. */
static void
read_comment(struct gv_finding *f, const struct seeking *s)
{
	const char *at = s->text + f->at, *end = s->text + s->len;
	const char *begin = memrchr(s->text, '\n', f->at);
	const char *lf = memchr(at, '\n', (size_t)(end - at));

	begin = begin ? begin + 1 : s->text;
	gv_sweep_read_comment(f, begin, (size_t)((lf ? lf : end) - begin));
}

static int
tell(void *ctx, size_t at, size_t len, size_t tag)
{
	struct seeking *s = ctx;
	const struct gv_idkey *key = gv_sweep_key(s->sweep);
	struct gv_finding f = {
		.rule = &rule, .path = s->path, .grade = GV_FINDING_VERIFIED
	};
	int r;

	if (is_found(s, at, len))
		return 0;
	s->end = at + len;
	set_place(&f, s, at, len);
	f.path = gv_sweep_copy(s->sweep, s->path, strlen(s->path));
	f.key = gv_sweep_copy_key(s->sweep, s->homes[tag]);
	if (f.path == NULL || f.key == NULL)
		return gv_err_nomem();
	if (key) {
		gv_idkey_value(&f.digest, key, s->text + at, len);
		gv_idkey_finding(
		    &f.fingerprint, key, rule.id, f.path, &f.digest);
	}
	read_comment(&f, s);
	if ((r = gv_sweep_allow(s->sweep, &f)) < 0)
		return r;
	return gv_sweep_keep(s->sweep, &f, NULL);
}

/* What was staged is in the tree as well, mostly: whether these bytes are seen
 * for the first time at this path. At another path they are another place,
 * which another allowance may be for. 1, 0 or GV_ENOMEM. */
static int
see(struct gv_map *seen, struct gv_arena *arena, const char *path, size_t len,
    const struct gv_oid *id)
{
	char *key = gv_arena_alloc(arena, GV_OID_RAW + len);
	int r;

	if (key == NULL)
		return GV_ENOMEM;
	memcpy(key, id->id, GV_OID_RAW);
	memcpy(key + GV_OID_RAW, path, len);
	if (gv_map_get(seen, key, GV_OID_RAW + len))
		return 0;
	r = gv_map_put(seen, key, GV_OID_RAW + len, key);
	return r < 0 ? r : 1;
}

/* A path of the snapshot's own tree, as findings name it. */
static const char *
without_part(const char *path)
{
	static const char *const parts[] = { "tree/", "index/" };
	size_t i;

	for (i = 0; i < 2; i++)
		if (strncmp(path, parts[i], strlen(parts[i])) == 0)
			return path + strlen(parts[i]);
	return path;
}

static int
look_into(struct seeking *s, const char *path, const struct gv_oid *id,
    enum gv_otype type)
{
	struct gv_odb *odb = s->sweep->private->odb;
	struct gv_object obj = { 0 };
	uint64_t size;
	int r = gv_odb_read_size(odb, &size, id);

	if (r == 0 && size > MOST)
		return gv_sweep_note_file(s->sweep,
		    gv_sweep_copy(s->sweep, path, strlen(path)),
		    "too large to seek secrets in it");
	if (r < 0 || (r = gv_odb_read_type(odb, &obj, id, type)) < 0)
		return gv_err_in(r, "%s, as git has it", path);
	s->path = path;
	s->text = (const char *)obj.data;
	s->len = obj.len;
	s->line_at = s->end = 0;
	s->line = 1;
	s->found = first_of(s, path);
	r = gv_needles_find(s->needles, obj.data, obj.len, tell, s);
	gv_object_release(&obj);
	return r;
}

static int
visit(void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct seeking *s = ctx;
	char *copy;
	int r;

	if (gv_cancel_requested())
		return gv_cancel_error();
	if (e->mode == GV_MODE_DIR || e->mode == GV_MODE_GIT)
		return 0;
	copy = gv_arena_copy(&s->arena, path, len);
	if (copy == NULL)
		return GV_ENOMEM;
	path = without_part(copy);
	r = see(&s->seen, &s->arena, path, strlen(path), &e->oid);
	return r > 0 ? look_into(s, path, &e->oid, GV_OTYPE_BLOB) : r;
}

/* ---- both ---------------------------------------------------------------- */

struct adding {
	struct gv_sweep *sweep;
	struct gv_map seen;
	struct gv_arena arena;
};

static int
add_file(void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct adding *a = ctx;
	char *copy;
	int r;

	if (e->mode != GV_MODE_FILE && e->mode != GV_MODE_EXEC)
		return 0;
	if ((r = see(&a->seen, &a->arena, path, len, &e->oid)) <= 0)
		return r;
	copy = gv_arena_copy(&a->arena, path, len);
	return copy ? gv_sweep_add_blob(a->sweep, copy, &e->oid) : GV_ENOMEM;
}

int
gv_sweep_add_record(struct gv_sweep *sweep, const struct gv_record *rec)
{
	struct adding a = {
		.sweep = sweep, .seen = GV_MAP_INIT, .arena = GV_ARENA_INIT
	};
	struct gv_odb *odb;
	int r;

	if (gv_oid_is_zero(&rec->index))
		return gv_sweep_add_tree(sweep, &rec->tree);
	if ((r = gv_repo_odb(sweep->private->opts.repo, &odb)) == 0 &&
	    (r = gv_tree_walk(odb, &rec->tree, add_file, &a)) == 0)
		r = gv_tree_walk(odb, &rec->index, add_file, &a);
	gv_map_release(&a.seen);
	gv_arena_release(&a.arena);
	return r;
}

static int
seek_all(struct seeking *s, const struct gv_record *rec)
{
	struct gv_odb *odb = s->sweep->private->odb;
	int tree, r = 0;

	for (tree = GV_REVEALED_TREE; r == 0 && tree <= GV_REVEALED_META;
	     tree++)
		r = open_list(s, odb, rec, (enum gv_revealed_tree)tree);
	if (r < 0 || s->n_homes == 0)
		return r;
	if ((r = look_into(s, GV_SWEEP_OBJECT, &rec->commit, GV_OTYPE_COMMIT)) <
	    0)
		return r;
	return gv_tree_walk(odb, &rec->root, visit, s);
}

/* Of one place in the working tree and in what was staged, keep one finding. */
static void
drop_doubles(struct gv_sweep *sweep)
{
	struct gv_finding *all = sweep->findings;
	size_t i, n = 1;

	for (i = 1; i < sweep->n; i++) {
		const struct gv_finding *last = &all[n - 1];

		if (all[i].rule == &rule && last->rule == &rule &&
		    all[i].allowed == last->allowed &&
		    all[i].at < last->at + last->len &&
		    strcmp(all[i].path, last->path) == 0)
			gv_finding_release(&all[i]);
		else
			all[n++] = all[i];
	}
	sweep->n = n;
}

int
gv_sweep_seek_secrets(struct gv_sweep_sought *out, struct gv_sweep *sweep,
    struct gv_safe *safe, const struct gv_record *rec)
{
	struct seeking s = { .sweep = sweep,
		.sought = out,
		.scan = GV_SCAN_INIT,
		.value = GV_SECRET_INIT,
		.opened = GV_MAP_INIT,
		.seen = GV_MAP_INIT,
		.arena = GV_ARENA_INIT,
		.n_scanned = sweep->n };
	int r;

	*out = (struct gv_sweep_sought){ .secrets = 0 };
	if ((r = gv_sweep_open_rules(sweep)) == 0 &&
	    (r = gv_repo_odb(
		 sweep->private->opts.repo, &sweep->private->odb)) == 0 &&
	    (r = gv_needles_new(&s.needles)) == 0 &&
	    (r = gv_safe_reader_new(&s.reader, safe)) == 0)
		r = seek_all(&s, rec);
	if (sweep->n) {
		qsort(sweep->findings, sweep->n, sizeof(*sweep->findings),
		    gv_finding_compare);
		drop_doubles(sweep);
	}
	gv_safe_reader_free(s.reader);
	gv_needles_free(s.needles);
	gv_scan_release(&s.scan);
	gv_secret_release(&s.value);
	gv_map_release(&s.opened);
	gv_map_release(&s.seen);
	gv_arena_release(&s.arena);
	free(s.homes);
	return r;
}
