#include "rollback/rollback_keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "policy/disclosure.h"
#include "repo/repo.h"
#include "rollback/keys.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "view/content.h"
#include "view/given.h"

/* A name that is so much of a withheld value is that, and one with so much of
 * one in it, too. */
#define PART_OF_MIN 16
#define PART_IN_MIN 4

struct gv_rollback_keys {
	struct gv_repo *repo;
	const struct gv_record *rec;
	struct gv_safe *safe; /* NULL: nothing is opened */
	/* made when first needed */
	struct gv_given *given;
	struct gv_given_reader *reader;
	struct gv_disclosure disclosure;
	int root; /* the working tree; -1 */
};

/* A text with its keys by name. */
struct side {
	struct gv_secret text;
	struct gv_keys keys;
	struct item *items;
};

struct item {
	const char *name;
	size_t name_len;
	size_t at, len; /* of the value */
};

/* One file. */
struct pair {
	struct gv_rollback_keys *k;
	struct gv_rollback_key_list *out;
	struct gv_arena *arena;
	struct side then, now;
	struct gv_given_stood *stood; /* in `then`, what is withheld of it */
	size_t n_stood;
	bool is_whole; /* all of it is */
};

int
gv_rollback_keys_open(struct gv_rollback_keys **out, struct gv_repo *repo,
    const struct gv_record *rec, struct gv_safe *safe)
{
	struct gv_rollback_keys *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return gv_err_nomem();
	k->repo = repo;
	k->rec = rec;
	k->safe = safe;
	k->root = -1;
	k->disclosure = (struct gv_disclosure)GV_DISCLOSURE_INIT(repo);
	*out = k;
	return 0;
}

static int
prepare(struct gv_rollback_keys *k)
{
	struct gv_odb *odb;
	int r;

	if (k->reader)
		return 0;
	if (k->root < 0)
		k->root = gv_dir_open_root(k->repo->worktree);
	if (k->root < 0)
		return gv_err_sys("cannot open %s", k->repo->worktree);
	r = gv_repo_odb(k->repo, &odb);
	if (r == 0 && k->given == NULL)
		r = gv_given_load(&k->given, odb, k->rec, GV_GIVEN_TREE);
	return r < 0 ? r : gv_given_reader_new(&k->reader, odb, k->safe);
}

void
gv_rollback_keys_close(struct gv_rollback_keys *k)
{
	if (k == NULL)
		return;
	gv_given_reader_free(k->reader);
	gv_given_free(k->given);
	gv_disclosure_release(&k->disclosure);
	gv_file_close(k->root);
	free(k);
}

/* ---- the two texts ------------------------------------------------------- */

/* Nothing is said of what ends with this. */
#define UNTOLD GV_ENOTFOUND

static int
add_bytes(void *ctx, const void *data, size_t len)
{
	struct gv_secret *s = ctx;

	if (len > GV_KEYS_TEXT_MAX - s->len)
		return UNTOLD;
	return gv_secret_add(s, data, len);
}

static int
read_then(struct pair *p, const char *path)
{
	struct gv_rollback_keys *k = p->k;
	struct gv_given_left left;
	struct gv_given_what what = { .file = gv_given_find(
					  k->given, path, strlen(path)) };
	struct gv_content c;
	int r = gv_content_find(&c, k->repo, k->rec, path);

	if (r < 0)
		return r;
	if (c.mode != GV_MODE_FILE && c.mode != GV_MODE_EXEC)
		return UNTOLD;
	if (what.file == NULL)
		return gv_content_stream(k->repo, &c, add_bytes, &p->then.text);
	p->stood = calloc(what.file->n, sizeof(*p->stood));
	if (p->stood == NULL)
		return gv_err_nomem();
	p->n_stood = what.file->n;
	what.oid = c.oid;
	what.is_chunked = c.is_chunked;
	what.stood = p->stood;
	return gv_given_stream(
	    &left, k->reader, &what, add_bytes, &p->then.text);
}

static int
read_now(struct pair *p, const char *path)
{
	struct gv_secret *text = &p->now.text;
	struct stat st;
	ssize_t n;
	int fd = gv_dir_open_file(p->k->root, path, strlen(path)), r;

	if (fd < 0)
		return UNTOLD;
	r = gv_dir_stat_fd(fd, &st) < 0 || st.st_size < 0 ||
		(uint64_t)st.st_size > GV_KEYS_TEXT_MAX
	    ? UNTOLD
	    : gv_secret_grow(text, (size_t)st.st_size + 1);
	if (r == 0) {
		n = gv_file_read_full(fd, text->p, (size_t)st.st_size + 1);
		/* one that grows is being written */
		if (n < 0 || n > st.st_size)
			r = UNTOLD;
		else
			text->len = (size_t)n;
	}
	gv_file_close(fd);
	return r;
}

static int
compare_names(const struct item *x, const struct item *y)
{
	size_t n = x->name_len < y->name_len ? x->name_len : y->name_len;
	int r = memcmp(x->name, y->name, n);

	return r ? r
		 : (x->name_len > y->name_len) - (x->name_len < y->name_len);
}

/* Those of one name as they stand in the text. */
static int
by_name(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int r = compare_names(x, y);

	return r ? r : (x->at > y->at) - (x->at < y->at);
}

static int
read_keys(struct side *s, const char *path)
{
	const char *text = s->text.len ? (const char *)s->text.p : "";
	int r = gv_keys_read(&s->keys, path, text, s->text.len);
	size_t i;

	if (r < 0)
		return r;
	s->items = calloc(s->keys.n + 1, sizeof(*s->items));
	if (s->items == NULL)
		return gv_err_nomem();
	for (i = 0; i < s->keys.n; i++) {
		const struct gv_keys_key *key = &s->keys.keys[i];

		s->items[i].name =
		    gv_keys_name(&s->keys, key, &s->items[i].name_len);
		s->items[i].at = key->at;
		s->items[i].len = key->len;
	}
	qsort(s->items, s->keys.n, sizeof(*s->items), by_name);
	return 0;
}

static void
release_side(struct side *s)
{
	gv_secret_release(&s->text);
	gv_keys_release(&s->keys);
	free(s->items);
}

/* ---- what is withheld ---------------------------------------------------- */

/* Whether any of a value that stands in the record's text is withheld; or with
 * `is_left` whether any of it is not known. */
static bool
is_withheld(const struct pair *p, const struct item *item, bool is_left)
{
	size_t low = 0, high = p->n_stood, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (p->stood[mid].at + p->stood[mid].len <= item->at)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < p->n_stood && p->stood[low].at < item->at + item->len;
	     low++)
		if (!is_left || p->stood[low].is_left)
			return true;
	return false;
}

/* Whether a name has a withheld value in it, or is some of one. */
static bool
is_of_value(const struct pair *p, const struct item *item)
{
	size_t i;

	for (i = 0; !p->is_whole && i < p->n_stood; i++) {
		const struct gv_given_stood *s = &p->stood[i];
		const unsigned char *value = p->then.text.p + s->at;

		if (s->is_left)
			continue;
		if (s->len >= PART_IN_MIN &&
		    memmem(item->name, item->name_len, value, s->len))
			return true;
		if (item->name_len >= PART_OF_MIN &&
		    memmem(value, s->len, item->name, item->name_len))
			return true;
	}
	return false;
}

/* Whether all of a name, or what stands between two dots, looks like a secret:
 * 1, 0, or a failure. */
static int
looks_secret(struct gv_rollback_keys *k, char *name)
{
	struct gv_disclosed found;
	char *part = name, *dot;
	int r = gv_disclosure_find(&found, &k->disclosure, name);

	while (r == 0 && (dot = strchr(part, '.')) != NULL) {
		*dot = '\0';
		r = gv_disclosure_find(&found, &k->disclosure, part);
		*dot = '.';
		part = dot + 1;
	}
	return r || part == name
	    ? r
	    : gv_disclosure_find(&found, &k->disclosure, part);
}

/* ---- the difference ------------------------------------------------------ */

/* All of one name on either side. */
struct group {
	const struct item *then, *now;
	size_t n_then, n_now;
};

static size_t
count_same(const struct item *items, size_t n)
{
	size_t i = n ? 1 : 0;

	while (i < n && compare_names(&items[i], items) == 0)
		i++;
	return i;
}

/* Of two names the one behind waits. */
static void
narrow(struct group *g)
{
	int r = compare_names(g->then, g->now);

	if (r < 0)
		g->n_now = 0;
	else if (r > 0)
		g->n_then = 0;
}

static bool
same_value(
    const struct pair *p, const struct item *then, const struct item *now)
{
	return is_withheld(p, then, true) ||
	    (then->len == now->len &&
		memcmp(p->then.text.p + then->at, p->now.text.p + now->at,
		    now->len) == 0);
}

static bool
is_same(const struct pair *p, const struct group *g)
{
	size_t i;

	if (g->n_then != g->n_now)
		return false;
	for (i = 0; i < g->n_then; i++)
		if (!same_value(p, &g->then[i], &g->now[i]))
			return false;
	return true;
}

static int
set_name(struct gv_rollback_key *key, struct pair *p, const struct item *item)
{
	struct gv_secret name = GV_SECRET_INIT;
	int r = gv_secret_add(&name, item->name, item->name_len);

	if (r == 0)
		r = gv_secret_add(&name, "", 1);
	if (r == 0)
		r = is_of_value(p, item) || looks_secret(p->k, (char *)name.p);
	if (r == 0) {
		key->name = gv_arena_copy(p->arena, item->name, item->name_len);
		r = key->name ? 0 : GV_ENOMEM;
	}
	gv_secret_release(&name);
	return r < 0 ? r : 0;
}

static int
tell(struct pair *p, const struct group *g)
{
	struct gv_rollback_key *key = &p->out->keys[p->out->n++];
	size_t i;

	*key = (struct gv_rollback_key){ .change = g->n_now == 0
		    ? GV_ROLLBACK_KEY_ADD
		    : g->n_then == 0 ? GV_ROLLBACK_KEY_REMOVE
				     : GV_ROLLBACK_KEY_CHANGE,
		.is_sealed = p->is_whole };
	for (i = 0; i < g->n_then; i++)
		key->is_sealed |= is_withheld(p, &g->then[i], false);
	return set_name(key, p, g->n_then ? g->then : g->now);
}

static int
compare(struct pair *p)
{
	const size_t n_then = p->then.keys.n, n_now = p->now.keys.n;
	const struct item *then = p->then.items, *now = p->now.items;
	const struct item *then_end = then + n_then, *now_end = now + n_now;
	struct group g;
	int r = 0;

	p->out->keys = gv_arena_alloc(
	    p->arena, (n_then + n_now + 1) * sizeof(*p->out->keys));
	if (p->out->keys == NULL)
		return GV_ENOMEM;
	while (r == 0 && (then < then_end || now < now_end)) {
		g.then = then;
		g.now = now;
		g.n_then = count_same(then, (size_t)(then_end - then));
		g.n_now = count_same(now, (size_t)(now_end - now));
		if (g.n_then && g.n_now)
			narrow(&g);
		then += g.n_then;
		now += g.n_now;
		if (!is_same(p, &g))
			r = tell(p, &g);
	}
	return r;
}

static int
find(struct pair *p, const char *path)
{
	int r = prepare(p->k);

	if (r == 0)
		r = read_now(p, path);
	if (r == 0)
		r = read_then(p, path);
	if (r < 0)
		return r;
	p->is_whole = p->n_stood == 1 && p->stood->at == 0 &&
	    p->stood->len == p->then.text.len;
	if (p->is_whole && p->stood->is_left)
		return UNTOLD;
	r = read_keys(&p->now, path);
	if (r == 0)
		r = read_keys(&p->then, path);
	return r < 0 ? r : compare(p);
}

int
gv_rollback_keys_find(struct gv_rollback_key_list *out,
    struct gv_rollback_keys *k, const char *path, struct gv_arena *arena)
{
	struct pair p = { .k = k, .out = out, .arena = arena };
	int r;

	*out = (struct gv_rollback_key_list){ .n = 0 };
	if (!gv_keys_knows(path))
		return 0;
	r = find(&p, path);
	out->is_known = r == 0;
	if (r < 0)
		*out = (struct gv_rollback_key_list){ .n = 0 };
	release_side(&p.then);
	release_side(&p.now);
	free(p.stood);
	return r == UNTOLD ? 0 : r;
}
