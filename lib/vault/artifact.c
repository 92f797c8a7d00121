#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "format/canon.h"
#include "store/repo.h"
#include "vault/artifact_internal.h"
#include "vault/note.h"
#include "vault/record.h"
#include "vault/track.h"

#define SHA256_HEX 64
#define NAME_BYTES 1024
#define ABBREV     10

/* What all of them belong to. */
struct subject {
	const char *env;
	struct gv_oid commit;
	char *snapshot; /* its id, or NULL */
	struct gv_artifact_state *states;
	size_t n_states, cap;
	struct gv_arena arena;
};

bool
gv_artifact_is_sha256(const char *text)
{
	return strlen(text) == SHA256_HEX &&
	    strspn(text, "0123456789abcdef") == SHA256_HEX;
}

/* ---- the words ---------------------------------------------------------- */

/* Where the digest of an item begins, "=sha256:"; a name may have '=' in it. */
static const char *
find_mark(const char *item)
{
	const char *p = item, *mark = NULL;

	for (; (p = strstr(p, "=" GV_ARTIFACT_SHA256)); p++)
		mark = p;
	return mark;
}

static int
check_item(const char *item)
{
	const char *mark = find_mark(item);
	size_t i, len = mark ? (size_t)(mark - item) : 0;

	if (mark == NULL ||
	    !gv_artifact_is_sha256(mark + 1 + strlen(GV_ARTIFACT_SHA256)))
		return gv_err(GV_EUSAGE,
		    "an artifact is NAME=sha256: and 64 digits, not '%.200s'",
		    item);
	for (i = 0; i < len; i++)
		if ((unsigned char)item[i] < ' ' || item[i] == 0x7f)
			break;
	return len && len <= NAME_BYTES && i == len &&
		gv_utf8_is_valid(item, len)
	    ? 0
	    : gv_err(GV_EUSAGE,
		  "the name of an artifact is one to %d bytes of UTF-8 without "
		  "control characters",
		  NAME_BYTES);
}

static int
check(const struct gv_artifact_what *what)
{
	size_t i;
	int r = what->env ? gv_track_check_name("environment", what->env) : 0;

	for (i = 0; r == 0 && i < what->n; i++)
		r = check_item(what->items[i]);
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
	int r = gv_record_resolve(&rec, repo, what->snapshot);

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
	char hex[GV_OID_HEX + 1];
	int r;

	gv_oid_format(hex, &s->commit);
	r = gv_record_resolve(&rec, repo, hex);
	if (r == GV_ENOTFOUND)
		return 0;
	if (r == 0)
		r = set_snapshot(s, &rec);
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

static int
gather(struct subject *s, struct gv_repo *repo,
    const struct gv_artifact_what *what)
{
	int r = what->snapshot ? use_snapshot(s, repo, what)
			       : find_commit(s, repo, what->commit);

	if (r == 0 && gv_oid_is_zero(&s->commit))
		return gv_err(GV_ENOTFOUND,
		    "there is no commit that it could be built of: name one by "
		    "--commit, or a snapshot by --snapshot");
	if (r == 0 && what->snapshot == NULL)
		r = find_newest(s, repo);
	if (r == 0 && s->env)
		r = gv_track_each(repo, add_state, NULL, s);
	return r;
}

/* ---- noted -------------------------------------------------------------- */

static int
add_note(struct gv_buf *lines, const struct subject *s, const char *item,
    int64_t now)
{
	struct gv_canon c = { .out = lines };
	const char *mark = find_mark(item);
	struct gv_buf name = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	size_t i;
	int r;

	gv_buf_add(&name, item, (size_t)(mark - item));
	r = gv_buf_check(&name);
	gv_canon_map(&c, NULL);
	gv_canon_text(&c, "artifact", name.p);
	gv_canon_text(&c, "digest", mark + 1);
	gv_canon_text(&c, "env", s->env);
	gv_canon_text(&c, "kind", "artifact");
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
	gv_canon_time(&c, "time", now);
	gv_canon_end(&c);
	gv_buf_addch(lines, '\n');
	gv_buf_release(&name);
	return r < 0 ? r : gv_buf_check(lines);
}

int
gv_artifact_record(struct gv_repo *repo, const struct gv_artifact_what *what)
{
	struct subject s = { .env = what->env, .arena = GV_ARENA_INIT };
	struct gv_buf lines = GV_BUF_INIT;
	unsigned mask = gv_repo_share(repo);
	size_t i;
	int r = check(what);

	if (r == 0)
		r = gv_repo_check_writable(repo);
	if (r == 0)
		r = gather(&s, repo, what);
	for (i = 0; r == 0 && i < what->n; i++)
		r = add_note(&lines, &s, what->items[i], what->now);
	/* all of them, or none */
	if (r == 0)
		r = gv_note_put(repo, &s.commit, lines.p, what->now);
	gv_repo_unshare(mask);
	gv_buf_release(&lines);
	free(s.states);
	gv_arena_release(&s.arena);
	return r;
}
