#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "format/canon.h"
#include "good/artifact_internal.h"
#include "good/good_deployed.h"
#include "infra/bill.h"
#include "policy/disclosure.h"
#include "record/good.h"
#include "record/record_resolve.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "state/track.h"
#include "sys/file.h"
#include "vault/label.h"
#include "vault/note.h"

#define NAME_BYTES 1024
#define ABBREV     10

/* What all of them belong to. */
struct subject {
	const char *env;
	struct gv_oid commit;
	char *snapshot; /* its id, or NULL */
	struct gv_artifact_state *states;
	size_t n_states, cap;
	int64_t now;
	struct gv_arena arena;
};

/* ---- the words ---------------------------------------------------------- */

/* Where the digest of an item begins; a name may have '=' in it, and so may a
 * digest that is not in its one form, and does not count here. */
static const char *
find_mark(const char *item)
{
	const char *mark = strrchr(item, '=');

	return mark && gv_bill_is_digest(mark + 1) ? mark : NULL;
}

/* Whether it says by which name and password one gets in: "user:word@host/x",
 * with a scheme or without. In others a '/' stands before the '@', or no ':'.
 */
static bool
has_password(const char *name, size_t len)
{
	const char *end = name + len, *at, *slash;
	const char *host = memmem(name, len, "://", 3);

	if (host) {
		host += 3;
		at = memchr(host, '@', (size_t)(end - host));
		return at && memchr(host, '/', (size_t)(at - host)) == NULL;
	}
	at = memchr(name, '@', len);
	slash = memchr(name, '/', len);
	return at && slash && at < slash &&
	    memchr(name, ':', (size_t)(at - name));
}

int
gv_artifact_check_name(struct gv_disclosure *d, const char *name, size_t len)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t i;
	int r;

	for (i = 0; i < len; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
			break;
	if (len == 0 || len > NAME_BYTES || i < len ||
	    !gv_utf8_is_valid(name, len))
		return gv_err(GV_EUSAGE,
		    "the name of an artifact is one to %d bytes of UTF-8 "
		    "without control characters",
		    NAME_BYTES);
	if (has_password(name, len))
		return gv_err(GV_EUSAGE,
		    "the name of an artifact is read by all, and this one has "
		    "a name or password before its host: leave that out");
	gv_buf_add(&text, name, len);
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_disclosure_check(d, "the name of an artifact", text.p);
	gv_buf_release(&text);
	return r;
}

static int
check_item(struct gv_disclosure *d, const char *item)
{
	const char *mark = find_mark(item);
	size_t len = mark ? (size_t)(mark - item) : 0;

	if (mark == NULL)
		return gv_err(GV_EUSAGE,
		    "an artifact is NAME=sha256: and 64 digits, or another "
		    "algorithm and its digits, not '%.200s'",
		    item);
	return gv_artifact_check_name(d, item, len);
}

static int
check(struct gv_disclosure *d, const struct gv_artifact_what *what)
{
	size_t i;
	int r = what->env ? gv_label_check("environment", what->env) : 0;

	if (r == 0 && what->env)
		r = gv_disclosure_check(
		    d, "the name of an environment", what->env);
	for (i = 0; r == 0 && i < what->n; i++)
		r = check_item(d, what->items[i]);
	return r;
}

/* ---- what they belong to ------------------------------------------------ */

static int
set_snapshot(struct subject *s, const struct gv_record *rec)
{
	s->snapshot = gv_arena_copy(&s->arena, rec->id, strlen(rec->id));
	return s->snapshot ? 0 : gv_err_nomem();
}

static int
find_commit(struct subject *s, struct gv_repo *repo, const char *commit)
{
	int r = commit ? gv_record_commit(&s->commit, commit) : 1;

	if (r == 0)
		return gv_err(
		    GV_ENOTFOUND, "git knows no commit '%.200s'", commit);
	if (commit == NULL)
		s->commit = repo->head;
	return r < 0 ? r : 0;
}

/* The one that is named, which was taken on the commit, if that is named, too.
 */
static int
use_snapshot(struct subject *s, struct gv_repo *repo,
    const struct gv_artifact_what *what)
{
	struct gv_record rec = { 0 };
	char hex[GV_OID_HEX + 1];
	int r = gv_record_resolve(
	    &rec, repo, &(struct gv_record_query){ .text = what->snapshot });

	if (r < 0)
		return r;
	gv_oid_format(hex, &rec.base);
	if (what->commit)
		r = find_commit(s, repo, what->commit);
	else
		s->commit = rec.base;
	if (r == 0 && !gv_oid_equal(&s->commit, &rec.base))
		r = gv_err(GV_EREFUSED,
		    "snapshot %s was taken on commit %.*s, not on '%.200s': "
		    "name the one or the other",
		    rec.id, ABBREV, hex, what->commit);
	if (r == 0)
		r = set_snapshot(s, &rec);
	gv_record_release(&rec);
	return r;
}

static int
find_newest(struct subject *s, struct gv_repo *repo)
{
	struct gv_record rec = { 0 };
	struct gv_good_stray stray = { .path = GV_BUF_INIT };
	int r = gv_good_deployed(&rec, &stray, repo, &s->commit, s->env);

	if (r > 0)
		r = set_snapshot(s, &rec);
	gv_buf_release(&stray.path);
	gv_record_release(&rec);
	return r;
}

static int
add_state(void *ctx, const struct gv_track_version *v)
{
	struct subject *s = ctx;
	struct gv_artifact_state *one;
	int r;

	if (strcmp(v->env, s->env) != 0)
		return 0;
	r = gv_vec_grow(
	    (void **)&s->states, &s->cap, s->n_states + 1, sizeof(*one));
	if (r < 0)
		return r;
	one = &s->states[s->n_states];
	one->version = v->commit;
	one->stack = gv_arena_copy(&s->arena, v->stack, strlen(v->stack));
	s->n_states += one->stack != NULL;
	return one->stack ? 0 : gv_err_nomem();
}

/* Of another environment it is nothing to us. */
static int
bad_state(void *ctx, const char *ref)
{
	const struct subject *s = ctx;
	size_t n = strlen(s->env);
	const char *env = ref + strlen(GV_REFS_STATES);

	if (strncmp(env, s->env, n) != 0 || env[n] != '/')
		return 0;
	return gv_err_in(GV_ECORRUPT,
	    "the state %s belongs to the artifact and cannot be read", env);
}

static int
gather(struct subject *s, struct gv_repo *repo,
    const struct gv_artifact_what *what)
{
	int r = what->snapshot ? use_snapshot(s, repo, what)
			       : find_commit(s, repo, what->commit);

	if (r < 0)
		return r;
	if (gv_oid_is_zero(&s->commit))
		return gv_err(GV_ENOTFOUND,
		    "there is no commit it could be built from: name one by "
		    "--commit, or a snapshot by --snapshot");
	if (what->snapshot == NULL && (r = find_newest(s, repo)) != 0)
		return r;
	if (s->env)
		return gv_track_each(repo, add_state, bad_state, s);
	return 0;
}

/* ---- noted -------------------------------------------------------------- */

/* `from` is the file that says so, or NULL. */
static int
add_note(struct gv_buf *lines, const struct subject *s,
    const struct gv_bill_item *item, const char *from)
{
	struct gv_canon c = { .out = lines };
	char hex[GV_OID_HEX + 1];
	size_t i;

	gv_canon_map(&c, NULL);
	gv_canon_text(&c, "artifact", item->name);
	gv_canon_text(&c, "digest", item->digest);
	gv_canon_text(&c, "env", s->env);
	if (from)
		gv_canon_text(&c, "from", from);
	gv_canon_text(&c, "kind", "artifact");
	if (from)
		gv_canon_text(&c, "purl", item->purl);
	gv_canon_text(&c, "snapshot", s->snapshot);
	gv_canon_list(&c, "states");
	for (i = 0; i < s->n_states; i++) {
		gv_oid_format(hex, &s->states[i].version);
		gv_canon_map(&c, NULL);
		gv_canon_text(&c, "stack", s->states[i].stack);
		gv_canon_text(&c, "version", hex);
		gv_canon_end(&c);
	}
	gv_canon_end(&c);
	gv_canon_time(&c, "time", s->now);
	if (from)
		gv_canon_text(&c, "version", item->version);
	gv_canon_end(&c);
	gv_buf_addch(lines, '\n');
	return gv_buf_check(lines);
}

static int
add_word(struct gv_buf *lines, const struct subject *s, const char *word)
{
	const char *mark = find_mark(word);
	struct gv_buf name = GV_BUF_INIT;
	int r;

	gv_buf_add(&name, word, (size_t)(mark - word));
	if ((r = gv_buf_check(&name)) == 0)
		r = add_note(lines, s,
		    &(struct gv_bill_item){
			.name = name.p, .digest = mark + 1 },
		    NULL);
	gv_buf_release(&name);
	return r;
}

/* As it is called from the top of the working tree, for what is noted is read
 * in other clones; what lies elsewhere by its last name alone. */
static int
name_file(struct gv_buf *out, const struct gv_repo *repo, const char *path)
{
	const char *base = strrchr(path, '/');

	while (strncmp(path, "./", 2) == 0)
		path += 2;
	if (*path == '/' || strstr(path, "..") || repo->prefix == NULL)
		gv_buf_addstr(out, base ? base + 1 : path);
	else
		gv_buf_addf(out, "%s%s", repo->prefix, path);
	if (!gv_utf8_is_valid(out->p, out->len))
		return gv_err(GV_EREFUSED,
		    "%s: a note can only name files in UTF-8, and this name is "
		    "not UTF-8",
		    path);
	return gv_buf_check(out);
}

static int
clear_item(
    struct gv_bill *bill, struct gv_disclosure *d, size_t i, const char *file)
{
	const struct gv_bill_item *item = &bill->all[i];
	struct gv_disclosed found = { 0 };
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_addf(&text, "%s\n%s\n%s", item->name,
	    item->version ? item->version : "", item->purl ? item->purl : "");
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_disclosure_find(&found, d, text.p);
	if (r > 0) {
		gv_buf_reset(&text);
		gv_buf_addf(&text,
		    "its name, version or address has what looks like a "
		    "secret (%s)",
		    found.rule);
		if ((r = gv_buf_check(&text)) == 0)
			r = gv_bill_leave_out(bill, i, file, text.p);
	}
	gv_buf_release(&text);
	return r;
}

int
gv_artifact_clear(struct gv_bill *bill, struct gv_disclosure *d, size_t from,
    size_t odd_from, const char *file)
{
	struct gv_disclosed found = { 0 };
	size_t i;
	int r = 0;

	for (i = odd_from; r >= 0 && i < bill->odd && i < GV_BILL_ODD; i++) {
		r = gv_disclosure_find(&found, d, bill->odds[i].text);
		if (r > 0)
			bill->odds[i].text = bill->odds[i].nameless;
	}
	/* from behind, since they are taken out */
	for (i = bill->n; r >= 0 && i > from; i--)
		r = clear_item(bill, d, i - 1, file);
	return r < 0 ? r : 0;
}

static int
add_odds(struct gv_artifact_done *done, const struct gv_bill *bill)
{
	size_t i;

	for (i = 0; i < bill->odd && done->odd + i < GV_BILL_ODD; i++)
		gv_buf_add(&done->odds, bill->odds[i].text,
		    strlen(bill->odds[i].text) + 1);
	done->odd += bill->odd;
	return gv_buf_check(&done->odds);
}

/* What a file says is noted as a whole, or nothing of it; but for what is odd.
 */
static int
add_file(struct gv_artifact_done *done, struct gv_buf *lines,
    const struct subject *s, struct gv_disclosure *d, const char *path)
{
	struct gv_buf text = GV_BUF_INIT, from = GV_BUF_INIT;
	struct gv_bill bill = GV_BILL_INIT;
	size_t i;
	int r = gv_file_read(&text, AT_FDCWD, path, GV_BILL_SIZE);

	gv_buf_addch(&text, '\0');
	if (r == 0 && (r = gv_buf_check(&text)) == 0)
		r = name_file(&from, d->repo, path);
	bill.file = from.p;
	if (r == 0 &&
	    (r = gv_bill_read(&bill, path, text.p, text.len - 1)) == 0 &&
	    (r = gv_artifact_clear(&bill, d, 0, 0, path)) == 0)
		gv_bill_sort(&bill);
	for (i = 0; r == 0 && i < bill.n; i++) {
		const char *name = bill.all[i].name;

		r = has_password(name, strlen(name))
		    ? gv_err(GV_EREFUSED,
			  "%s: a component has a name or password before its "
			  "host, and its name is read by all: leave that out",
			  path)
		    : add_note(lines, s, &bill.all[i], from.p);
	}
	done->n += bill.n;
	done->bare += bill.bare;
	if (r == 0)
		r = add_odds(done, &bill);
	gv_bill_release(&bill);
	gv_buf_release(&text);
	gv_buf_release(&from);
	return r;
}

int
gv_artifact_record(struct gv_artifact_done *out, struct gv_repo *repo,
    const struct gv_artifact_what *what)
{
	struct subject s = {
		.env = what->env, .now = what->now, .arena = GV_ARENA_INIT
	};
	struct gv_artifact_done done = { .n = what->n, .odds = GV_BUF_INIT };
	struct gv_disclosure d = GV_DISCLOSURE_INIT(repo);
	struct gv_buf lines = GV_BUF_INIT;
	unsigned mask = gv_repo_share(repo);
	size_t i;
	int r = check(&d, what);

	if (r == 0 && (r = gv_repo_check_writable(repo)) == 0)
		r = gather(&s, repo, what);
	for (i = 0; r == 0 && i < what->n; i++)
		r = add_word(&lines, &s, what->items[i]);
	for (i = 0; r == 0 && i < what->n_files; i++)
		r = add_file(&done, &lines, &s, &d, what->files[i]);
	/* all of them, or none */
	if (r == 0 && done.n)
		r = gv_note_put(repo, &s.commit, lines.p, what->now);
	gv_repo_unshare(mask);
	if (r == 0 && out)
		*out = done;
	else
		gv_buf_release(&done.odds);
	gv_disclosure_release(&d);
	gv_buf_release(&lines);
	free(s.states);
	gv_arena_release(&s.arena);
	return r;
}
