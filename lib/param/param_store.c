#include "param/param_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/lines.h"
#include "base/map.h"
#include "base/path.h"
#include "base/time.h"
#include "base/vec.h"
#include "sys/proc.h"

#define VERSION_MAX 128
#define LIST_MAX    ((size_t)16 * 1024 * 1024)
#define ARGS_MAX    (36 + 2 * GV_PARAM_STORE_WRITES) /* 32 of the policy */

struct item {
	const char *key, *version;
	bool is_read;
};

struct list {
	struct gv_arena arena;
	struct item *items; /* by key */
	size_t n, cap;
};

struct gv_param_store {
	const struct gv_policy_texts *command;
	const char *name, *folder;
	char at[GV_TIME_MAX]; /* "": now */
	struct list list;
};

/* ---- asking -------------------------------------------------------------- */

static int
fail(const struct gv_param_store *s, const char *what, const char *why)
{
	return *s->at
	    ? gv_err(GV_EREFUSED,
		  "the storage of the set '%s' (%s) cannot %s as of %s: %s; "
		  "for what it has now, leave out the time",
		  s->name, s->command->items[0], what, s->at, why)
	    : gv_err(GV_EREFUSED,
		  "the storage of the set '%s' (%s) cannot %s: %s", s->name,
		  s->command->items[0], what, why);
}

/* Run the program with these words, NULL behind the last. `what` is for
 * messages. 0 only where it ended well; p->out has the answer. */
static int
ask(struct gv_proc *p, const struct gv_param_store *s, const char *what,
    const char *const words[], const struct gv_buf *in, size_t most)
{
	const char *argv[ARGS_MAX + 1];
	size_t n = 0, i;
	int r;

	for (i = 0; i < s->command->n; i++)
		argv[n++] = s->command->items[i];
	for (i = 0; words[i]; i++)
		argv[n++] = words[i];
	if (*s->at) {
		argv[n++] = "--at";
		argv[n++] = s->at;
	}
	argv[n] = NULL;
	r = gv_proc_run(p,
	    &(struct gv_proc_opts){ .argv = argv,
		.cwd = s->folder,
		.in = in ? in->p : NULL,
		.in_len = in ? in->len : 0,
		.timeout_ms = GV_PARAM_STORE_MS,
		.most = most,
		.is_apart = true });
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	if (p->is_late)
		return fail(s, what, "it gave no answer within 10 seconds");
	if (p->is_large)
		return fail(s, what, "its answer is too large");
	if (r < 0)
		return fail(s, what, gv_err_message());
	return p->status ? fail(s, what, gv_proc_why(p)) : 0;
}

static bool
is_version(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return len > 0 && len <= VERSION_MAX;
}

/* The first line of an answer, which is a version: how long it is, and *rest is
 * what comes behind it. */
static int
read_version(size_t *len, const char **rest, const struct gv_param_store *s,
    const char *what, const struct gv_proc *p)
{
	const char *end = memchr(p->out.p, '\n', p->out.len);

	*len = end ? (size_t)(end - p->out.p) : 0;
	if (!is_version(p->out.p, *len))
		return fail(
		    s, what, "its answer does not begin with a version");
	*rest = end + 1;
	return 0;
}

static bool
is_word(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(text, word, len) == 0;
}

/* ---- a list -------------------------------------------------------------- */

static void
release(struct list *list)
{
	gv_arena_release(&list->arena);
	free(list->items);
	*list = (struct list){ .n = 0 };
}

static int
compare(const void *a, const void *b)
{
	return strcmp(
	    ((const struct item *)a)->key, ((const struct item *)b)->key);
}

static struct item *
find(const struct list *list, const char *key)
{
	const struct item wanted = { .key = key };

	return list->n ? bsearch(&wanted, list->items, list->n,
			     sizeof(*list->items), compare)
		       : NULL;
}

/* "VERSION KEY" */
static int
add_line(struct list *list, const struct gv_param_store *s, const char *line,
    size_t len)
{
	const char *blank = memchr(line, ' ', len);
	const size_t n = blank ? (size_t)(blank - line) : 0;
	struct item *item;

	if (!is_version(line, n) || is_word(line, n, "-"))
		return fail(s, "list its keys", "a line has no version");
	if (list->n == GV_PARAM_STORE_KEYS)
		return fail(s, "list its keys", "they are more than 100000");
	if (GV_GROW(list->items, list->n, list->cap) < 0)
		return gv_err_nomem();
	item = &list->items[list->n++];
	item->is_read = false;
	item->version = gv_arena_copy(&list->arena, line, n);
	item->key = gv_arena_copy(&list->arena, blank + 1, len - n - 1);
	if (item->key == NULL || item->version == NULL)
		return GV_ENOMEM;
	/* a name that is no path could be taken for something else */
	return gv_path_is_all_safe(item->key) && *item->key != '-'
	    ? 0
	    : fail(s, "list its keys", "a key is no path");
}

static int
load(struct list *out, const struct gv_param_store *s)
{
	static const char *const words[] = { "list", NULL };
	struct gv_proc p = GV_PROC_INIT;
	const char *at, *line;
	size_t len, i;
	int r = ask(&p, s, "list its keys", words, NULL, LIST_MAX);

	*out = (struct list){ .n = 0 };
	at = p.out.p;
	while (r == 0 && gv_lines_next(&line, &len, &at, p.out.p + p.out.len))
		r = add_line(out, s, line, len);
	gv_proc_release(&p);
	if (r < 0)
		return r;
	if (out->n > 1)
		qsort(out->items, out->n, sizeof(*out->items), compare);
	for (i = 1; i < out->n; i++)
		if (strcmp(out->items[i - 1].key, out->items[i].key) == 0)
			return fail(s, "list its keys", "a key is there twice");
	return 0;
}

/* Whether what was read is as it was, and there are the same keys: then all of
 * it was so at the moment of the newer list, too. */
static bool
continues(const struct list *was, const struct list *now)
{
	size_t i;

	for (i = 0; was->n == now->n && i < was->n; i++)
		if (strcmp(was->items[i].key, now->items[i].key) != 0 ||
		    (was->items[i].is_read &&
			strcmp(was->items[i].version, now->items[i].version) !=
			    0))
			return false;
	return was->n == now->n;
}

static int
renew(struct gv_param_store *s)
{
	struct list now;
	size_t i;
	int r = load(&now, s);

	if (r == 0 && !continues(&s->list, &now))
		r = fail(s, "be read as a whole",
		    "somebody changes it at this moment; run the command "
		    "again");
	if (r < 0) {
		release(&now);
		return r;
	}
	for (i = 0; i < now.n; i++)
		now.items[i].is_read = s->list.items[i].is_read;
	release(&s->list);
	s->list = now;
	return 0;
}

/* ---- open ---------------------------------------------------------------- */

int
gv_param_store_open(struct gv_param_store **out,
    const struct gv_policy_texts *command, const char *name, const char *folder,
    int64_t at)
{
	struct gv_param_store *s = calloc(1, sizeof(*s));
	int r;

	if (s == NULL)
		return gv_err_nomem();
	s->command = command;
	s->name = name;
	s->folder = folder;
	if (at)
		gv_time_rfc3339(s->at, at);
	if ((r = load(&s->list, s)) == 0)
		*out = s;
	else
		gv_param_store_close(s);
	return r;
}

void
gv_param_store_close(struct gv_param_store *store)
{
	if (store == NULL)
		return;
	release(&store->list);
	free(store);
}

const char *
gv_param_store_version(const struct gv_param_store *store, const char *key)
{
	const struct item *item = find(&store->list, key);

	return item ? item->version : NULL;
}

int
gv_param_store_each(const struct gv_param_store *store,
    int (*fn)(void *ctx, const char *key), void *ctx)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < store->list.n; i++)
		r = fn(ctx, store->list.items[i].key);
	return r;
}

void
gv_param_store_stamp(struct gv_buf *out, const struct gv_param_store *store)
{
	size_t i;

	gv_buf_addf(out, "%s\n", store->name);
	for (i = 0; i < store->list.n; i++)
		gv_buf_addf(out, "%s %s\n", store->list.items[i].version,
		    store->list.items[i].key);
}

/* ---- get ----------------------------------------------------------------- */

/* 1; 0 where the key has another version than in the list, and nothing was
 * appended. */
static int
get(struct gv_buf *out, const struct gv_param_store *s, const char *key,
    const char *version)
{
	const char *const words[] = { "get", key, NULL };
	struct gv_proc p = GV_PROC_INIT;
	struct gv_buf what = GV_BUF_INIT;
	const char *rest = NULL;
	size_t len = 0;
	int r;

	p.out.wipes = true;
	gv_buf_addf(&what, "get '%s'", key);
	if ((r = gv_buf_check(&what)) < 0 ||
	    (r = ask(&p, s, what.p, words, NULL,
		 GV_PARAM_STORE_MOST + VERSION_MAX + 1)) < 0 ||
	    (r = read_version(&len, &rest, s, what.p, &p)) < 0)
		goto out;
	if (is_word(p.out.p, len, version)) {
		gv_buf_add(out, rest, p.out.len - len - 1);
		r = gv_buf_check(out) < 0 ? GV_ENOMEM : 1;
	}
out:
	gv_proc_release(&p);
	gv_buf_release(&what);
	return r;
}

int
gv_param_store_get(
    struct gv_buf *out, struct gv_param_store *store, const char *key)
{
	struct item *item;
	int tries, r = 0;

	for (tries = 0; tries < 3 && r == 0; tries++) {
		if (tries && (r = renew(store)) < 0)
			return r;
		if ((item = find(&store->list, key)) == NULL)
			break;
		if ((r = get(out, store, key, item->version)) > 0)
			item->is_read = true;
	}
	if (r < 0)
		return r;
	return r ? 0
		 : fail(store, "be read as a whole",
		       "somebody changes it at this moment; run the command "
		       "again");
}

/* ---- put ----------------------------------------------------------------- */

static const char *
version_of(const struct list *list, const char *key)
{
	const struct item *item = find(list, key);

	return item ? item->version : "-";
}

/* Whether a key has these bytes in a list. 1, 0, or a failure. */
static int
has(const struct gv_param_store *s, const struct list *list,
    const struct gv_param_stored *v)
{
	struct gv_buf now = GV_BUF_WIPED_INIT;
	const struct item *item = find(list, v->key);
	int r = item ? get(&now, s, v->key, item->version) : 0;

	r = r > 0 ? gv_buf_equal(&now, v->text) : r;
	gv_buf_release(&now);
	return r;
}

/* What is known after a write that gave no answer. */
static int
settle(const struct gv_param_store *s, const struct gv_param_stored *values,
    size_t n)
{
	struct gv_buf why = GV_BUF_INIT;
	struct list list;
	size_t i, was = 0, is = 0;
	int r;

	gv_buf_addstr(&why, gv_err_message());
	r = load(&list, s);
	for (i = 0; r >= 0 && i < n; i++) {
		was += strcmp(version_of(&list, values[i].key),
			   version_of(&s->list, values[i].key)) == 0;
		if ((r = has(s, &list, &values[i])) > 0)
			is++;
	}
	if (r >= 0 && is == n)
		r = 0;
	else if (r >= 0 && was == n)
		r = gv_err(GV_EREFUSED, "%s; nothing was written", why.p);
	else
		r = gv_err(GV_EREFUSED,
		    "%s; whether '%s' was written is not known, look at it: "
		    "git vault config list",
		    why.p, values[0].key);
	release(&list);
	gv_buf_release(&why);
	return r;
}

/* The words and the standard input of a write. */
static int
frame(const char *words[], struct gv_buf *in, const struct gv_param_store *s,
    const struct gv_param_stored *values, size_t n)
{
	size_t i, k = 0;

	words[k++] = n > 1 ? "put-all" : "put";
	for (i = 0; i < n; i++) {
		words[k++] = values[i].key;
		if (n == 1)
			words[k++] = "--if";
		words[k++] = version_of(&s->list, values[i].key);
		if (n > 1)
			gv_buf_addf(in, "%zu\n", values[i].text->len);
		gv_buf_add(in, values[i].text->p, values[i].text->len);
	}
	words[k] = NULL;
	return gv_buf_check(in);
}

int
gv_param_store_put(struct gv_param_store *store,
    const struct gv_param_stored *values, size_t n)
{
	const char *words[2 * GV_PARAM_STORE_WRITES + 3];
	struct gv_proc p = GV_PROC_INIT;
	struct gv_buf what = GV_BUF_INIT, in = GV_BUF_WIPED_INIT;
	const char *rest = NULL;
	size_t len = 0;
	int r;

	if (n > GV_PARAM_STORE_WRITES)
		return gv_err(GV_EREFUSED,
		    "nothing was written: a storage changes at most %d layers "
		    "at once, and these are %zu",
		    GV_PARAM_STORE_WRITES, n);
	gv_buf_addf(&what, "write '%s'", values[0].key);
	if (n > 1)
		gv_buf_addf(&what, " and %zu more", n - 1);
	if ((r = gv_buf_check(&what)) < 0 ||
	    (r = frame(words, &in, store, values, n)) < 0)
		goto out;
	if ((r = ask(&p, store, what.p, words, &in, LIST_MAX)) == 0)
		r = read_version(&len, &rest, store, what.p, &p);
	if (r == GV_EREFUSED)
		r = settle(store, values, n);
	else if (r == 0 && is_word(p.out.p, len, "-"))
		r = gv_err(GV_EREFUSED,
		    "nothing was written: somebody else has changed '%s'%s in "
		    "the meantime; look at it and run the command again",
		    values[0].key, n > 1 ? " or a layer set with it" : "");
out:
	gv_proc_release(&p);
	gv_buf_release(&what);
	gv_buf_release(&in);
	return r;
}
