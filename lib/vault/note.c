#include "vault/note.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "vault/ledger.h"

/*
 * A tree of notes has a blob for each commit, under its id, 40 digits. Where
 * there are many, all that begin with the same two digits stand in a tree of
 * that name, under what is left of the id, and so on. Git reads any mixture of
 * both, and writes trees where the notes are dense enough: where of each of the
 * sixteen first digits there are two notes or a tree.
 */

#define LINES_MAX ((size_t)1 << 20) /* that a list of lines may fill */
#define LIST      ((size_t)4096)    /* what more bytes than these are */
#define TRIES     5
#define LEVELS    (GV_OID_HEX / 2)
#define FANOUT    16

/* ---- found -------------------------------------------------------------- */

static int
load(struct gv_ledger *out, struct gv_repo *repo)
{
	struct gv_odb *odb;
	struct gv_oid tip;
	int r = gv_repo_odb(repo, &odb);

	if (r == 0 && (r = gv_ref_find(&tip, repo, GV_REF_NOTES)) == 0)
		r = gv_ledger_load(out, odb, &tip);
	return r < 0 ? gv_err_in(r, GV_REF_NOTES) : 0;
}

/* What a level has of a note: its blob, or the tree that it would be in. Zero
 * for what there is not. */
struct level {
	struct gv_oid tree, note, below;
};

static int
look_in(struct level *out, struct gv_odb *odb, const struct gv_oid *tree,
    const char *name)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r = 0;

	memset(out, 0, sizeof(*out));
	if (gv_oid_is_zero(tree))
		return 0;
	out->tree = *tree;
	r = gv_odb_read_type(odb, &obj, tree, GV_OTYPE_TREE);
	if (r < 0)
		return r;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		if (e.mode == GV_MODE_DIR && e.name_len == 2 &&
		    memcmp(e.name, name, 2) == 0)
			out->below = e.oid;
		else if (e.mode == GV_MODE_FILE && strcmp(e.name, name) == 0)
			out->note = e.oid;
	}
	gv_object_release(&obj);
	return r;
}

/* The levels from the root to where the note is, or would be. */
static int
look(struct level levels[LEVELS], size_t *n, struct gv_odb *odb,
    const struct gv_oid *root, const char *hex)
{
	const struct gv_oid *at = root;
	int r;

	for (*n = 0;; at = &levels[*n - 1].below) {
		struct level *level = &levels[*n];

		r = look_in(level, odb, at, hex + 2 * *n);
		if (r < 0)
			return gv_err_in(r, GV_REF_NOTES);
		++*n;
		if (gv_oid_is_zero(&level->below) ||
		    !gv_oid_is_zero(&level->note) || *n == LEVELS)
			return 0;
	}
}

static int
read_text(struct gv_buf *out, struct gv_odb *odb, const struct gv_oid *note)
{
	struct gv_object obj = { 0 };
	int r;

	if (gv_oid_is_zero(note))
		return 0;
	if ((r = gv_odb_read_type(odb, &obj, note, GV_OTYPE_BLOB)) < 0)
		goto out;
	if (obj.len > GV_NOTE_MAX) {
		r = gv_err(GV_EREFUSED,
		    "the note of the commit has %zu bytes, more than is read",
		    obj.len);
		goto out;
	}
	gv_buf_add(out, obj.data, obj.len);
out:
	gv_object_release(&obj);
	return r < 0 ? gv_err_in(r, GV_REF_NOTES) : gv_buf_check(out);
}

/* ---- a line ------------------------------------------------------------- */

static int
compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int c = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return c ? c : (a_len > b_len) - (a_len < b_len);
}

/* Where in a text a line goes that it has not: to its place where lines are
 * sorted as cat_sort_uniq sorts them, else, in what somebody has written, to
 * the end. False where it is there. */
static bool
find_place(size_t *at, const struct gv_buf *text, const char *line)
{
	const char *p = text->p, *end = text->p + text->len, *last = NULL;
	size_t len = strlen(line), n, last_len = 0;
	bool is_found = false, is_sorted = true;

	*at = text->len;
	for (; p < end; p += n + 1) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		int order;

		n = (size_t)((nl ? nl : end) - p);
		order = compare(p, n, line, len);
		if (order == 0)
			return false;
		if (order > 0 && !is_found) {
			is_found = true;
			*at = (size_t)(p - text->p);
		}
		is_sorted &= !last || compare(last, last_len, p, n) < 0;
		last = p;
		last_len = n;
	}
	if (!is_sorted)
		*at = text->len;
	return true;
}

/* 1, or 0 where it is there. */
static int
add_line(struct gv_buf *out, const struct gv_buf *text, const char *line)
{
	size_t at;

	if (!find_place(&at, text, line))
		return 0;
	gv_buf_add(out, text->p, at);
	if (at && text->p[at - 1] != '\n')
		gv_buf_addch(out, '\n');
	gv_buf_addf(out, "%s\n", line);
	gv_buf_add(out, text->p + at, text->len - at);
	return gv_buf_check(out) < 0 ? GV_ENOMEM : 1;
}

/* The same of several lines, into the text itself: how many were not there. A
 * note that two have filled is over what one may fill; of what was deployed
 * there it is to tell all the same. */
static int
add_lines(struct gv_buf *text, const char *lines)
{
	size_t max = strlen(lines) > LIST ? LINES_MAX : GV_NOTE_MAX;
	struct gv_buf line = GV_BUF_INIT, next = GV_BUF_INIT;
	const char *p, *end;
	int n = 0, r = 0;

	for (p = lines; r >= 0 && *p; p = end + (*end == '\n')) {
		end = p + strcspn(p, "\n");
		gv_buf_reset(&line);
		gv_buf_reset(&next);
		gv_buf_add(&line, p, (size_t)(end - p));
		if ((r = gv_buf_check(&line)) == 0)
			r = add_line(&next, text, line.p);
		if (r > 0) {
			struct gv_buf was = *text;

			*text = next;
			next = was;
			n++;
		}
		/* what would not be read again is not written */
		if (r >= 0 && text->len > max)
			r = gv_err(GV_EREFUSED,
			    "the note of the commit would be larger than %zu "
			    "MiB, and is left as it is: put less into it",
			    max >> 20);
	}
	gv_buf_release(&line);
	gv_buf_release(&next);
	return r < 0 ? r : n;
}

/* ---- trees -------------------------------------------------------------- */

/* What a level is made of, where it is put into trees. */
struct regroup {
	struct gv_ledger_edit *edit;
	struct gv_oid below[256]; /* by two digits; zero: none */
	struct gv_ledger_change *changes;
	size_t n, cap;
	char (*names)[GV_OID_HEX + 1]; /* of the notes that move */
	struct gv_oid *notes;
	size_t n_notes, cap_names, cap_notes;
	unsigned of_digit[FANOUT]; /* notes */
	bool has_tree[FANOUT];
};

static int
pair(const char *name)
{
	static const char digits[] = "0123456789abcdef";
	const char *high = *name ? strchr(digits, name[0]) : NULL;
	const char *low = high && name[1] ? strchr(digits, name[1]) : NULL;

	return low ? (int)(16 * (high - digits) + (low - digits)) : -1;
}

static int
add_note(struct regroup *g, const char *name, const struct gv_oid *note)
{
	int r;

	if ((r = GV_GROW(g->names, g->n_notes, g->cap_names)) < 0 ||
	    (r = GV_GROW(g->notes, g->n_notes, g->cap_notes)) < 0)
		return r;
	memcpy(g->names[g->n_notes], name, strlen(name) + 1);
	g->notes[g->n_notes++] = *note;
	g->of_digit[pair(name) / 16]++;
	return 0;
}

static int
read_level(struct regroup *g, const struct gv_oid *tree, size_t name_len)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r = gv_odb_read_type(g->edit->odb, &obj, tree, GV_OTYPE_TREE);

	if (r < 0)
		return r;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		int i = pair(e.name);

		r = 0;
		if (e.mode == GV_MODE_DIR && e.name_len == 2 && i >= 0) {
			g->below[i] = e.oid;
			g->has_tree[i / 16] = true;
		} else if (e.mode == GV_MODE_FILE && i >= 0 &&
		    e.name_len == name_len) {
			r = add_note(g, e.name, &e.oid);
		}
		if (r < 0)
			break;
	}
	gv_object_release(&obj);
	return r;
}

static bool
is_dense(const struct regroup *g)
{
	size_t i;

	for (i = 0; i < FANOUT; i++)
		if (!g->has_tree[i] && g->of_digit[i] < 2)
			return false;
	return true;
}

static int
change(struct regroup *g, const char *name, unsigned mode,
    const struct gv_oid *oid)
{
	int r;

	if ((r = GV_GROW(g->changes, g->n, g->cap)) < 0)
		return r;
	g->changes[g->n++] = (struct gv_ledger_change){ name, mode, *oid };
	return 0;
}

/* The notes of two digits, into their tree. */
static int
fill(struct regroup *g, int two)
{
	size_t i, n = 0;
	struct gv_ledger_change *in =
	    calloc(g->n_notes ? g->n_notes : 1, sizeof(*in));
	const struct gv_oid was = g->below[two];
	int r = in ? 0 : gv_err_nomem();

	for (i = 0; r == 0 && i < g->n_notes; i++)
		if (pair(g->names[i]) == two)
			in[n++] = (struct gv_ledger_change){ g->names[i] + 2,
				GV_MODE_FILE, g->notes[i] };
	if (r == 0 && n)
		r = gv_ledger_tree(g->edit, &g->below[two], &was, in, n);
	free(in);
	return r;
}

static int
regroup(struct regroup *g, struct gv_oid *out, const struct gv_oid *tree)
{
	static const struct gv_oid none;
	char name[256][3];
	size_t i;
	int two, r = 0;

	for (two = 0; r == 0 && two < 256; two++)
		r = fill(g, two);
	for (i = 0; r == 0 && i < g->n_notes; i++)
		r = change(g, g->names[i], GV_MODE_FILE, &none);
	for (two = 0; r == 0 && two < 256; two++) {
		name[two][0] = "0123456789abcdef"[two / 16];
		name[two][1] = "0123456789abcdef"[two % 16];
		name[two][2] = '\0';
		if (gv_oid_is_zero(&g->below[two]))
			continue;
		if ((r = change(g, name[two], GV_MODE_DIR, &g->below[two])) ==
		    0)
			r = change(g, name[two], GV_MODE_FILE, &none);
	}
	return r < 0 ? r : gv_ledger_tree(g->edit, out, tree, g->changes, g->n);
}

/* A note that is new to its level: beside the others, or where these are dense,
 * all of them in trees. */
static int
add_to_level(struct gv_ledger_edit *edit, struct gv_oid *out,
    const struct gv_oid *tree, const char *name, const struct gv_oid *note)
{
	/* a folder of that name is nobody's note */
	struct gv_ledger_change flat[2] = { { name, GV_MODE_FILE, *note },
		{ .name = name, .mode = GV_MODE_DIR } };
	struct regroup *g = calloc(1, sizeof(*g));
	int r = g ? 0 : gv_err_nomem();

	if (g == NULL)
		return r;
	g->edit = edit;
	if (!gv_oid_is_zero(tree))
		r = read_level(g, tree, strlen(name));
	if (r == 0 && (r = add_note(g, name, note)) == 0)
		r = strlen(name) > 2 && is_dense(g)
		    ? regroup(g, out, tree)
		    : gv_ledger_tree(edit, out, tree, flat, 2);
	free(g->changes);
	free(g->names);
	free(g->notes);
	free(g);
	return r;
}

/* From where the note stands up to the root. */
static int
build(struct gv_ledger_edit *edit, struct gv_oid *root,
    const struct level *levels, size_t n, const char *hex,
    const struct gv_oid *note)
{
	const struct level *last = &levels[n - 1];
	const char *name = hex + 2 * (n - 1);
	struct gv_ledger_change same = { name, GV_MODE_FILE, *note };
	char two[3] = "";
	int r = gv_oid_is_zero(&last->note)
	    ? add_to_level(edit, root, &last->tree, name, note)
	    : gv_ledger_tree(edit, root, &last->tree, &same, 1);

	while (r == 0 && --n > 0) {
		struct gv_ledger_change below = { two, GV_MODE_DIR, *root };

		memcpy(two, hex + 2 * (n - 1), 2);
		r = gv_ledger_tree(edit, root, &levels[n - 1].tree, &below, 1);
	}
	return r < 0 ? gv_err_in(r, GV_REF_NOTES) : 0;
}

/* ---- written ------------------------------------------------------------ */

static int
add(struct gv_ledger_edit *edit, const struct gv_ledger *ledger,
    const struct gv_oid *commit, const char *lines)
{
	struct level levels[LEVELS];
	struct gv_buf text = GV_BUF_INIT;
	struct gv_oid note, root;
	char hex[GV_OID_HEX + 1];
	size_t n;
	int r;

	gv_oid_format(hex, commit);
	if ((r = look(levels, &n, edit->odb, &ledger->tree, hex)) == 0 &&
	    (r = read_text(&text, edit->odb, &levels[n - 1].note)) == 0)
		r = add_lines(&text, lines);
	if (r > 0) {
		if ((r = gv_ledger_blob(edit, &note, text.p, text.len)) == 0 &&
		    (r = build(edit, &root, levels, n, hex, &note)) == 0)
			r = gv_ledger_step(edit, ledger, GV_REF_NOTES, &root,
			    "Notes added by 'git vault'");
		r = r < 0 ? r : 1;
	}
	gv_buf_release(&text);
	return r;
}

int
gv_note_add(
    struct gv_ledger_edit *edit, const struct gv_oid *commit, const char *lines)
{
	struct gv_ledger_edit notes = { 0 };
	struct gv_ledger ledger;
	int r = load(&ledger, edit->repo);

	/* joined, since the edit is done when its own ledgers have moved */
	if (r == 0 &&
	    (r = gv_ledger_join(
		 &notes, edit->repo, edit->now, edit->lane, &edit->tx)) == 0)
		r = add(&notes, &ledger, commit, lines);
	gv_ledger_end(&notes);
	return r;
}

static int
put_once(struct gv_repo *repo, const struct gv_oid *commit, const char *lines,
    int64_t now)
{
	struct gv_ledger_edit edit = { 0 };
	struct gv_ledger ledger;
	int r = load(&ledger, repo);

	if (r == 0 && (r = gv_ledger_begin(&edit, repo, now)) == 0)
		r = add(&edit, &ledger, commit, lines);
	if (r > 0)
		r = gv_ledger_publish(&edit);
	gv_ledger_end(&edit);
	return r;
}

int
gv_note_put(struct gv_repo *repo, const struct gv_oid *commit,
    const char *lines, int64_t now)
{
	int r, i = 0;

	do
		r = put_once(repo, commit, lines, now);
	while (r == GV_EEXISTS && ++i < TRIES);
	return r;
}

int
gv_note_read(
    struct gv_buf *out, struct gv_repo *repo, const struct gv_oid *commit)
{
	struct level levels[LEVELS];
	struct gv_ledger ledger;
	struct gv_odb *odb = NULL;
	char hex[GV_OID_HEX + 1];
	size_t n = 0;
	int r = load(&ledger, repo);

	gv_oid_format(hex, commit);
	if (r < 0 || (r = gv_repo_odb(repo, &odb)) < 0 ||
	    (r = look(levels, &n, odb, &ledger.tree, hex)) < 0)
		return r;
	return read_text(out, odb, &levels[n - 1].note);
}

/* ---- all of them -------------------------------------------------------- */

struct visit {
	struct gv_odb *odb;
	int (*fn)(void *ctx, const struct gv_oid *commit, struct gv_buf *text);
	void *ctx;
	char hex[GV_OID_HEX + 1]; /* of the commit, as far as it is known */
};

static int
visit_note(const struct visit *v, const struct gv_oid *note)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_oid commit;
	int r = 0;

	/* what somebody else has put there is no note */
	if (strspn(v->hex, "0123456789abcdef") == GV_OID_HEX &&
	    gv_oid_parse(&commit, v->hex) == 0) {
		if ((r = read_text(&text, v->odb, note)) == 0)
			r = v->fn(v->ctx, &commit, &text);
		else if (r == GV_EREFUSED)
			r = v->fn(v->ctx, &commit, NULL);
	}
	gv_buf_release(&text);
	return r < 0 ? r : 0;
}

/* A tree of notes, of which `at` digits are known. */
static int
visit_tree(struct visit *v, const struct gv_oid *tree, size_t at)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r = gv_odb_read_type(v->odb, &obj, tree, GV_OTYPE_TREE);

	if (r < 0)
		return gv_err_in(r, GV_REF_NOTES);
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		bool is_tree = e.mode == GV_MODE_DIR;

		if (!is_tree && e.mode != GV_MODE_FILE)
			continue;
		if (at + e.name_len > GV_OID_HEX ||
		    (is_tree ? e.name_len != 2 : at + e.name_len != GV_OID_HEX))
			continue;
		memcpy(v->hex + at, e.name, e.name_len);
		v->hex[at + e.name_len] = '\0';
		r = is_tree ? visit_tree(v, &e.oid, at + 2)
			    : visit_note(v, &e.oid);
		if (r < 0)
			break;
	}
	gv_object_release(&obj);
	return r;
}

int
gv_note_each(struct gv_repo *repo,
    int (*fn)(void *ctx, const struct gv_oid *commit, struct gv_buf *text),
    void *ctx)
{
	struct visit v = { .fn = fn, .ctx = ctx };
	struct gv_ledger ledger;
	int r = load(&ledger, repo);

	if (r == 0)
		r = gv_repo_odb(repo, &v.odb);
	if (r < 0 || gv_oid_is_zero(&ledger.tree))
		return r;
	return visit_tree(&v, &ledger.tree, 0);
}

int
gv_note_has(bool *out, struct gv_repo *repo, const struct gv_oid *commit,
    const char *line)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t at;
	int r = gv_note_read(&text, repo, commit);

	*out = r == 0 && !find_place(&at, &text, line);
	gv_buf_release(&text);
	return r;
}

/* ---- of others ---------------------------------------------------------- */

/* At the top: a note, or a folder of them. */
static bool
is_of_notes(const struct gv_tree_entry *e)
{
	size_t len = e->mode == GV_MODE_DIR ? 2 : GV_OID_HEX;

	return e->name_len == len && strspn(e->name, "0123456789abcdef") == len;
}

int
gv_note_check_tip(struct gv_odb *odb, const struct gv_oid *commit)
{
	struct gv_object obj = { 0 };
	struct gv_ledger ledger;
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r = gv_ledger_load(&ledger, odb, commit);

	if (r == 0)
		r = gv_odb_read_type(odb, &obj, &ledger.tree, GV_OTYPE_TREE);
	if (r < 0)
		return r;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, &e)) > 0)
		if (!is_of_notes(&e)) {
			r = gv_err(GV_ECORRUPT,
			    "'%s' in it is neither a note of a commit nor a "
			    "folder of notes: push it under another name",
			    e.name);
			break;
		}
	gv_object_release(&obj);
	return r;
}
