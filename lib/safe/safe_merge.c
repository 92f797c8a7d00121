#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "key/adoption_ask.h"
#include "object/odb.h"
#include "remote/remote.h"
#include "repo/hash.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_internal.h"
#include "seal/withheld.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "vault/ancestry.h"
#include "vault/label.h"

/*
 * What a fetch brought of other clones becomes ours: their keyring where it
 * goes on from ours, and what they have sealed as a union. What was merged is
 * remembered by one digest of the refs that were looked at, so that it costs
 * nothing until a fetch brings something new; a file that says anything else
 * has it all looked at again.
 */

#define GIVEN     "."            /* the name of a bundle in GV_REFS_BUNDLE */
#define FILE_NAME "vault/merged" /* below the shared .git */
#define SUM       32
#define SUM_TEXT  (2 * SUM + 1) /* 64 digits and a newline */

/* What there is of a remote. */
struct fetched {
	struct gv_remote remote;
	struct gv_refs refs;
	bool is_refused; /* its keyring, and so what is sealed for that */
};

struct merge {
	struct gv_safe *safe;
	struct fetched *list;
	size_t n, cap;
	char text[SUM_TEXT + 1];
	bool is_whole;
};

/* ---- scopes ------------------------------------------------------------ */

static void
add_doubts(struct gv_buf *text, const struct gv_safe_some *doubts, bool stale,
    const char *words)
{
	const struct gv_safe_entry *first = NULL;
	char hex[2 * GV_DIGEST_BYTES + 1];
	size_t i, n = 0;

	for (i = doubts->n; i--;)
		if (doubts->list[i]->is_stale == stale) {
			first = doubts->list[i];
			n++;
		}
	if (n == 0)
		return;
	gv_enc_hex(hex, first->id.bytes, GV_DIGEST_BYTES);
	gv_buf_addf(text, "%zu %s, such as %s; ", n, words, hex);
}

/* Told once, since what was left out stays out. */
static int
say_doubts(
    struct gv_safe *safe, const struct gv_safe_some *doubts, const char *name)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_addf(&text,
	    "of the values of the scope %s that a fetch brought, ", name);
	add_doubts(
	    &text, doubts, false, "do not match their ids and are left out");
	add_doubts(&text, doubts, true,
	    "are not encrypted for this host, although listed so");
	gv_buf_addstr(&text,
	    "a snapshot that has these files encrypts them again; tell the "
	    "users who pushed them");
	if ((r = gv_buf_check(&text)) == 0 && safe->news.unmerged == NULL) {
		safe->news.unmerged =
		    gv_arena_copy(&safe->arena, text.p, text.len);
		r = safe->news.unmerged ? 0 : GV_ENOMEM;
	}
	gv_buf_release(&text);
	return r;
}

/* Theirs as a whole where ours has nothing beside it, else the union. */
static int
take_scope(struct gv_ledger_edit *edit, struct gv_safe *safe,
    struct gv_safe_scope *ours, struct gv_safe_scope *theirs,
    const struct gv_oid *base)
{
	struct gv_safe_some doubts;
	struct gv_buf ref = GV_BUF_INIT;
	bool is_theirs = gv_oid_equal(base, &ours->ledger.tip);
	int keeps = 1, r;

	if ((r = gv_safe_admit(&doubts, safe, ours, theirs)) < 0)
		goto out;

	/* also what goes on from ours may have left out what we have */
	if (is_theirs) {
		keeps = gv_safe_keeps(safe, ours, theirs);
		r = keeps < 0 ? keeps : 0;
		if (r < 0)
			goto out;
	}
	gv_buf_addf(&ref, GV_REFS_SECRETS "%s", ours->name);
	if ((r = gv_buf_check(&ref)) < 0)
		goto out;
	if (doubts.n == 0 && is_theirs && keeps) {
		gv_ledger_move(
		    edit, ref.p, &theirs->ledger.tip, &ours->ledger.tip);
	} else {
		if ((r = gv_safe_scope_ready(ours, safe)) == 0)
			r = gv_safe_union(
			    edit, ours, theirs, &doubts, base, ref.p);
	}
	if (r < 0)
		goto out;
	if (doubts.n)
		r = say_doubts(safe, &doubts, ours->name);
out:
	gv_buf_release(&ref);
	free(doubts.list);
	return r;
}

static int
merge_scope(struct gv_ledger_edit *edit, struct gv_safe *safe, const char *name,
    const struct gv_oid *tip)
{
	struct gv_safe_scope *ours, *theirs;
	struct gv_oid base;
	int r;

	ours = gv_safe_scope_get(&r, safe, name);
	if (ours == NULL)
		return r;
	if (gv_oid_equal(&ours->ledger.tip, tip))
		return 0;
	r = gv_ancestry_base(&base, &ours->ledger.tip, tip);
	if (r < 0 || gv_oid_equal(&base, tip))
		return r;
	theirs = gv_safe_scope_at(&r, safe, name, tip);
	if (r == 0)
		r = take_scope(edit, safe, ours, theirs, &base);
	gv_safe_scope_free(theirs);
	return r;
}

/* A remote at a time, since the next one's is merged with what this one's
 * became. */
static int
merge_scopes(struct gv_safe *safe, const struct fetched *f)
{
	struct gv_ledger_edit edit = { .repo = NULL };
	size_t i;
	int r = gv_ledger_begin(&edit, safe->repo, safe->opts.now);

	for (i = 0; r == 0 && i < f->refs.n; i++) {
		const char *name =
		    gv_remote_scope(f->refs.refs[i].name, &f->remote);

		if (name && gv_label_is_valid(name))
			r = merge_scope(
			    &edit, safe, name, &f->refs.refs[i].oid);
		if (r < 0)
			r = gv_err_in(r, "%s", f->refs.refs[i].name);
	}
	if (r == 0 && edit.tx.lines.len)
		r = gv_ledger_publish(&edit);
	gv_ledger_end(&edit);
	gv_safe_forget_scopes(safe);
	return r;
}

/* ---- what there is ----------------------------------------------------- */

/* Take the refs over, and into the digest. */
static int
add_fetched(struct merge *m, struct gv_hash_sha256 *hash, struct fetched *f)
{
	size_t i;
	int r = 0;

	for (i = 0; i < f->refs.n; i++) {
		const struct gv_ref *ref = &f->refs.refs[i];

		gv_hash_sha256_update(hash, ref->oid.id, GV_OID_RAW);
		gv_hash_sha256_update(hash, ref->name, strlen(ref->name) + 1);
	}
	if (f->refs.n)
		r = GV_GROW(m->list, m->n, m->cap);
	if (r == 0 && f->refs.n)
		m->list[m->n++] = *f;
	else
		gv_refs_release(&f->refs);
	return r;
}

static bool
is_given_sealed(const char *ref)
{
	const char *kind = ref + strlen(GV_REFS_BUNDLE);

	return strcmp(kind, "keyring") == 0 ||
	    strncmp(kind, "secrets/", 8) == 0;
}

/* What a bundle has of it, as a fetch would have brought it: the keyring comes
 * before scopes by its name, too. */
static int
add_given(struct merge *m, struct gv_hash_sha256 *hash)
{
	const struct gv_refs *given = m->safe->opts.given;
	struct fetched f = { .remote = { GIVEN, strlen(GIVEN) } };
	size_t i;

	if (given == NULL)
		return 0;
	f.refs.refs = calloc(given->n + 1, sizeof(*f.refs.refs));
	if (f.refs.refs == NULL)
		return gv_err_nomem();
	for (i = 0; i < given->n; i++)
		if (is_given_sealed(given->refs[i].name))
			f.refs.refs[f.refs.n++] = given->refs[i];
	return add_fetched(m, hash, &f);
}

static int
list_fetched(struct merge *m)
{
	const struct gv_config *c = &m->safe->repo->config;
	struct gv_hash_sha256 hash;
	unsigned char sum[SUM];
	struct gv_remote remote;
	size_t at = 0;
	int r = 0;

	gv_hash_sha256_init(&hash);
	while (r == 0 && gv_remote_next(&remote, &at, c)) {
		struct fetched f = { .remote = remote };

		if ((r = gv_remote_fetched(&f.refs, m->safe->repo, &remote)) ==
		    0)
			r = add_fetched(m, &hash, &f);
	}
	if (r == 0)
		r = add_given(m, &hash);
	gv_hash_sha256_finish(&hash, sum);
	gv_enc_hex(m->text, sum, SUM);
	m->text[SUM_TEXT - 1] = '\n';
	m->text[SUM_TEXT] = '\0';
	return r;
}

static bool
is_known(const struct merge *m)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	bool is;

	gv_buf_addf(&path, "%s/" FILE_NAME, m->safe->repo->common_dir);
	is = gv_buf_check(&path) == 0 &&
	    gv_file_read(&text, AT_FDCWD, path.p, SUM_TEXT) == 0 &&
	    text.len == SUM_TEXT && memcmp(text.p, m->text, SUM_TEXT) == 0;
	gv_buf_release(&path);
	gv_buf_release(&text);
	return is;
}

static void
remember(const struct merge *m)
{
	unsigned mask = gv_repo_share(m->safe->repo);
	struct gv_buf path = GV_BUF_INIT;

	gv_buf_addf(&path, "%s/" FILE_NAME, m->safe->repo->common_dir);
	if (gv_buf_check(&path) == 0)
		(void)gv_file_replace(
		    AT_FDCWD, path.p, m->text, SUM_TEXT, 0666, false);
	gv_buf_release(&path);
	gv_repo_unshare(mask);
}

int
gv_safe_merge_anew(struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/" FILE_NAME, repo->common_dir);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_file_remove_tree(AT_FDCWD, path.p);
	gv_buf_release(&path);
	return r;
}

/* ---- all of it --------------------------------------------------------- */

static const char keyring[] = "the keyring";

/* By this thread's message; the first is reported. */
static int
put_off(struct gv_safe *safe, int r)
{
	const char *why = gv_err_message();

	if (safe->news.put_off)
		return 0;
	safe->news.put_off = gv_arena_copy(&safe->arena, why, strlen(why));
	safe->news.put_off_code = r;
	return safe->news.put_off ? 0 : GV_ENOMEM;
}

/* What cannot be merged is no reason to do without what is ours. */
static int
pass_over(struct merge *m, struct fetched *f, const char *what, int r)
{
	struct gv_safe *safe = m->safe;
	const char *why;

	if (r >= 0 || r == GV_ENOMEM)
		return r;
	m->is_whole = false;
	f->is_refused = true;
	if (r != GV_EREFUSED && r != GV_ECORRUPT)
		return put_off(safe, r);
	if (strncmp(f->remote.name, GIVEN, f->remote.len) == 0)
		(void)gv_err_in(r, "%s of the bundle is not taken", what);
	else
		(void)gv_err_in(r, "%s of the remote %.*s is not taken", what,
		    (int)f->remote.len, f->remote.name);
	why = gv_err_message();
	if (safe->news.unmerged == NULL) {
		safe->news.unmerged =
		    gv_arena_copy(&safe->arena, why, strlen(why));
		if (safe->news.unmerged == NULL)
			return GV_ENOMEM;
	}
	return 0;
}

/* Where nothing was seen yet, and remotes differ, it is not for us to choose.
 */
static int
check_alike(struct merge *m)
{
	struct gv_keyring_kept kept[2] = { { .print = "" }, { .print = "" } };
	size_t i, n = 0;
	int r = 0;

	for (i = 0; r == 0 && i < m->n; i++) {
		struct fetched *f = &m->list[i];

		if (gv_remote_scope(f->refs.refs[0].name, &f->remote))
			continue;
		r = gv_keyring_look(
		    &kept[n], m->safe->repo, &f->refs.refs[0].oid);
		if (r == 0 && n == 0)
			n = 1;
		else if (r == 0) {
			if (strcmp(kept[0].print, kept[1].print) != 0)
				r = gv_err(GV_EREFUSED,
				    "two remotes have different keyrings, with "
				    "the fingerprints %s and %s; choose one by "
				    "`git vault key adopt`",
				    kept[0].print, kept[1].print);
			gv_keyring_kept_release(&kept[1]);
		}
		r = pass_over(m, f, keyring, r);
	}
	gv_keyring_kept_release(&kept[0]);
	return r;
}

/* The first keyring that this clone sees: the pin names it, or the command
 * takes what the remote has. All others wait until somebody agrees. 1 where it
 * is used; 0; GV_ENOMEM. */
static int
is_agreed(struct merge *m, struct fetched *f)
{
	struct gv_keyring_kept kept;
	struct gv_safe *safe = m->safe;
	struct gv_buf name = GV_BUF_INIT, why = GV_BUF_INIT;
	enum gv_adoption verdict;
	int r = gv_keyring_look(&kept, safe->repo, &f->refs.refs[0].oid);

	if (r < 0) {
		safe->was_refused = true;
		return pass_over(m, f, keyring, r);
	}
	verdict =
	    gv_adoption_judge_by(safe->repo, kept.print, kept.keyring.version);
	gv_buf_add(&name, f->remote.name, f->remote.len);
	if ((r = gv_buf_check(&name)) == 0 && safe->opts.takes_keyring &&
	    safe->opts.asks_keyring)
		r = gv_adoption_ask(&verdict, safe->repo, &kept, name.p);
	if (r < 0)
		goto out;
	r = verdict == GV_ADOPTION_TAKEN ||
	    (verdict == GV_ADOPTION_UNKNOWN && safe->opts.takes_keyring &&
		!safe->opts.asks_keyring);
	if (r == 0) {
		f->is_refused = true;
		m->is_whole = false;
		gv_adoption_explain(&why, verdict, &kept, name.p);
		safe->was_refused |= safe->opts.takes_keyring;
		safe->news.unmerged =
		    gv_arena_copy(&safe->arena, why.p, why.len);
		if (gv_buf_check(&why) < 0 || safe->news.unmerged == NULL)
			r = GV_ENOMEM;
	}
out:
	gv_keyring_kept_release(&kept);
	gv_buf_release(&name);
	gv_buf_release(&why);
	return r;
}

static bool
has_pin(const struct gv_safe *safe)
{
	return gv_config_get(&safe->repo->config, GV_ADOPTION_PIN) != NULL;
}

static int
merge_keyrings(struct merge *m)
{
	struct gv_safe *safe = m->safe;
	size_t i;
	int r = 0;

	/* by a pin it is known which of two is meant */
	if (!safe->was_seen && !has_pin(safe))
		r = check_alike(m);
	if (r < 0 || (!safe->was_seen && safe->news.unmerged)) {
		safe->was_refused = true;
		return r;
	}
	for (i = 0; r == 0 && i < m->n; i++) {
		struct fetched *f = &m->list[i];

		if (gv_remote_scope(f->refs.refs[0].name, &f->remote))
			continue;
		if (!safe->has_keyring && !safe->was_seen &&
		    (r = is_agreed(m, f)) <= 0)
			continue;
		r = gv_keyring_merge(safe->repo,
		    safe->has_keyring ? &safe->kept : NULL,
		    &f->refs.refs[0].oid);
		if (r > 0)
			r = gv_safe_reload(safe);
		r = pass_over(m, f, keyring, r);
	}
	return r;
}

static int
merge_all(struct merge *m)
{
	size_t i;
	int lock = -1, r = 0;

	if (!m->safe->opts.is_locked)
		r = gv_repo_lock(&lock, m->safe->repo, 1);
	/* it will be merged by another command */
	if (r < 0)
		return r == GV_ENOMEM ? r : 0;
	m->is_whole = true;
	if ((r = gv_odb_refresh(m->safe->odb)) == 0)
		r = merge_keyrings(m);
	for (i = 0; r == 0 && m->safe->has_keyring && i < m->n; i++)
		if (!m->list[i].is_refused)
			r = pass_over(m, &m->list[i], "the encrypted secrets",
			    merge_scopes(m->safe, &m->list[i]));
	if (r == 0 && m->is_whole && m->safe->has_keyring)
		remember(m);
	gv_lock_close(lock);
	return r;
}

int
gv_safe_merge(struct gv_safe *safe)
{
	struct merge m = { .safe = safe };
	char *before = gv_err_save();
	int r = list_fetched(&m);

	if (r == 0 && m.n && !(safe->has_keyring && is_known(&m)))
		r = merge_all(&m);
	while (m.n > 0)
		gv_refs_release(&m.list[--m.n].refs);
	free(m.list);
	/* code that needs an unreadable list reports it */
	gv_err_restore(before);
	return r == GV_ENOMEM ? gv_err_nomem() : 0;
}
