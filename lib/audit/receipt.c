#include "audit/receipt.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/audit.h"
#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "crypto/secret.h"
#include "crypto/sign.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "policy/disclosure.h"
#include "record/record_id.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "safe/safe_who.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/env.h"
#include "sys/owner.h"
#include "vault/author.h"
#include "vault/ledger.h"
#include "vault/receive_push.h"

/*
 * A commit for each push that brought snapshots, behind the one before. Its
 * tree has of every snapshot that ever came a file YYYYMM/ID:
 *
 *	commit <40 digits>
 *	time 2026-11-20T07:12:44Z
 *	pusher alice
 *
 * The month is the id's, as it is of tombstones, so that a push rewrites one
 * small tree.
 */

#define MONTH       6
#define RECEIPT_MAX ((size_t)4096)
#define PUSHER_MAX  200 /* bytes of a name that are kept */

/* How often to begin again where another push was quicker. */
#define TRIES    20
#define PAUSE_MS 10

/* ---- one receipt ---- */

void
gv_receipt_release(struct gv_receipt *receipt)
{
	if (receipt == NULL)
		return;
	free(receipt->pusher);
	memset(receipt, 0, sizeof(*receipt));
}

/* A name that somebody chose must not look like a line of a receipt. */
static void
add_pusher(struct gv_buf *out, const char *name)
{
	size_t i;

	for (i = 0; i < PUSHER_MAX && name[i]; i++)
		gv_buf_addch(out,
		    (unsigned char)name[i] < ' ' || name[i] == 0x7f ? '?'
								    : name[i]);
}

void
gv_receipt_format(struct gv_buf *out, const struct gv_receipt *receipt)
{
	char hex[GV_OID_HEX + 1], when[GV_TIME_MAX];

	gv_oid_format(hex, &receipt->commit);
	gv_time_rfc3339(when, receipt->time);
	gv_buf_addf(out, "commit %s\ntime %s\npusher ", hex, when);
	add_pusher(out, receipt->pusher);
	gv_buf_addch(out, '\n');
}

/* What stands behind a word up to the end of the line; NULL for another one. */
static char *
take_line(const char **p, const char *end, const char *word)
{
	size_t n = strlen(word), len;
	const char *nl = memchr(*p, '\n', (size_t)(end - *p));
	const char *from = *p;

	if (nl == NULL || (size_t)(nl - from) < n || memcmp(from, word, n) != 0)
		return NULL;
	len = (size_t)(nl - from) - n;
	*p = nl + 1;
	return memchr(from, '\0', n + len) ? NULL : strndup(from + n, len);
}

int
gv_receipt_parse(struct gv_receipt *out, const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	char *commit = take_line(&p, end, "commit ");
	char *when = commit ? take_line(&p, end, "time ") : NULL;
	char *pusher = when ? take_line(&p, end, "pusher ") : NULL;
	struct gv_receipt receipt = { .pusher = pusher };
	int r = 0;

	if (pusher == NULL || p != end || strlen(commit) != GV_OID_HEX ||
	    gv_oid_parse(&receipt.commit, commit) < 0 ||
	    gv_time_parse_rfc3339(&receipt.time, when) < 0)
		r = gv_err(GV_ECORRUPT, "this is no receipt of a snapshot");
	if (r < 0)
		free(pusher);
	else
		*out = receipt;
	free(commit);
	free(when);
	return r;
}

int
gv_receipt_find(struct gv_receipt *out, struct gv_repo *repo, const char *ref,
    const char *id)
{
	char path[MONTH + 1 + GV_RECORD_ID_LEN + 1];
	struct gv_object obj = { 0 };
	struct gv_ledger ledger;
	struct gv_odb *odb;
	struct gv_oid oid;
	unsigned mode;
	int r = gv_ref_find(&oid, repo, ref);

	if (r < 0 || gv_oid_is_zero(&oid) || !gv_record_is_id(id, strlen(id)))
		return r < 0 ? r : GV_ENOTFOUND;
	memcpy(path, id, MONTH);
	path[MONTH] = '/';
	memcpy(path + MONTH + 1, id, GV_RECORD_ID_LEN + 1);
	if ((r = gv_repo_odb(repo, &odb)) == 0 &&
	    (r = gv_ledger_load(&ledger, odb, &oid)) == 0 &&
	    (r = gv_tree_find(odb, &ledger.tree, path, &mode, &oid)) == 0 &&
	    (r = gv_odb_read_type(odb, &obj, &oid, GV_OTYPE_BLOB)) == 0)
		r = gv_receipt_parse(out, (const char *)obj.data, obj.len);
	gv_object_release(&obj);
	return r < 0 && r != GV_ENOTFOUND ? gv_err_in(r, "%s: %s", ref, id) : r;
}

/* ---- whose they are ---- */

/* What a ref may be called: the rest becomes '-'. */
void
gv_receipt_ref(struct gv_buf *out, const struct gv_repo *repo)
{
	const char *name = gv_config_get(&repo->config, "vault.receive.name");
	char host[256];

	if (name && *name)
		snprintf(host, sizeof(host), "%s", name);
	else
		gv_env_host(host, sizeof(host));
	gv_buf_addstr(out, GV_REFS_SERVERS);
	if (!gv_ref_add_word(out, host))
		gv_buf_addstr(out, "localhost");
}

/* A variable that says it, and its text; NULL where none is set. */
static const char *
find_pusher(const char **text)
{
	/* GitLab, which sets GL_ID too; gitolite; Gitea; GitHub Enterprise; a
	 * web server */
	static const char *const names[] = { "GL_USERNAME", "GL_USER",
		"GITEA_PUSHER_NAME", "GITHUB_USER_LOGIN", "GL_ID",
		"REMOTE_USER" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		*text = gv_env_get(names[i]);
		if (*text)
			return names[i];
	}
	return NULL;
}

/* What a server says of the pusher is stored for good, and must not be a token
 * that a program sent in place of a name. 1 where it may be stored; 0 with
 * *withheld. */
static int
judge_pusher(struct gv_buf *withheld, struct gv_repo *repo, const char *name,
    const char *text)
{
	struct gv_disclosure d = GV_DISCLOSURE_INIT(repo);
	struct gv_buf of = GV_BUF_INIT;
	int r;

	gv_buf_addf(&of, "${%s}", name);
	if ((r = gv_buf_check(&of)) == 0)
		r = gv_disclosure_take(withheld, &d, of.p, text);
	gv_buf_release(&of);
	gv_disclosure_release(&d);
	return r;
}

int
gv_receipt_pusher(
    struct gv_buf *out, struct gv_buf *withheld, struct gv_repo *repo)
{
	const char *text, *name = find_pusher(&text);
	char user[256];
	int r;

	if (name == NULL) {
		gv_env_user(user, sizeof(user));
		gv_buf_addstr(out, user);
		return gv_buf_check(out);
	}
	r = judge_pusher(withheld, repo, name, text);
	/* a policy that cannot be read keeps no receipt from being written */
	if (r < 0 && r != GV_ENOMEM)
		r = judge_pusher(withheld, NULL, name, text);
	if (r > 0)
		gv_buf_addstr(out, text);
	else if (r == 0)
		gv_buf_addf(out, "without %s", withheld->p);
	return r < 0 ? r : gv_buf_check(out);
}

/* Whether the repository belongs to that user. */
static bool
is_owner(const struct gv_repo *repo, const char *user)
{
	struct gv_owner names = GV_OWNER_INIT;
	struct stat st;
	bool is = true;

	if (gv_dir_stat(
		AT_FDCWD, repo->common_dir, strlen(repo->common_dir), &st) == 0)
		is = strcmp(gv_owner_user(&names, st.st_uid), user) == 0;
	gv_owner_release(&names);
	return is;
}

int
gv_receipt_account(struct gv_buf *out, struct gv_repo *repo)
{
	struct gv_buf name = GV_BUF_INIT, withheld = GV_BUF_INIT;
	const char *text;
	int r = gv_receipt_pusher(&name, &withheld, repo);

	if (r == 0 && withheld.len == 0 &&
	    (find_pusher(&text) != NULL || !is_owner(repo, name.p)))
		add_pusher(out, name.p);
	gv_buf_release(&name);
	gv_buf_release(&withheld);
	return r < 0 ? r : gv_buf_check(out);
}

/* ---- writing ---- */

/* The snapshots of a push, by month. */
struct adding {
	struct gv_repo *repo;
	const struct gv_receipt_how *how;
	struct gv_secret signer; /* or empty */
	struct gv_ledger_edit edit;
	struct gv_ledger ledger;
	const struct gv_receive_update **all; /* sorted by name */
	size_t n;
	struct gv_ledger_change *months;
	char (*names)[MONTH + 1];
	size_t n_months;
};

static const char *
id_of(const struct gv_receive_update *u)
{
	return u->ref + strlen(GV_REFS_SNAPSHOTS);
}

static int
compare(const void *a, const void *b)
{
	return strcmp((*(const struct gv_receive_update *const *)a)->ref,
	    (*(const struct gv_receive_update *const *)b)->ref);
}

static bool
is_received(const struct gv_receive_update *u)
{
	const size_t len = strlen(GV_REFS_SNAPSHOTS);

	return strncmp(u->ref, GV_REFS_SNAPSHOTS, len) == 0 &&
	    gv_record_is_id(u->ref + len, strlen(u->ref + len)) &&
	    !gv_oid_is_zero(&u->new);
}

size_t
gv_receipt_count(const struct gv_receive *push)
{
	size_t i, n = 0;

	for (i = 0; i < push->n; i++)
		n += is_received(&push->updates[i]);
	return n;
}

static int
collect(struct adding *a, const struct gv_receive *push)
{
	size_t i;

	a->all = calloc(push->n + 1, sizeof(const void *));
	a->months = calloc(push->n + 1, sizeof(*a->months));
	a->names = calloc(push->n + 1, sizeof(*a->names));
	if (a->all == NULL || a->months == NULL || a->names == NULL)
		return gv_err_nomem();
	for (i = 0; i < push->n; i++)
		if (is_received(&push->updates[i]))
			a->all[a->n++] = &push->updates[i];
	if (a->n)
		qsort(a->all, a->n, sizeof(const void *), compare);
	return 0;
}

/* The receipt that there is of the same commit, which was deleted and brought
 * back: who pushed it first pushed it first. */
static bool
find_earlier(
    struct gv_receipt *out, struct adding *a, const struct gv_receive_update *u)
{
	char path[MONTH + 1 + GV_RECORD_ID_LEN + 1];
	struct gv_object obj = { 0 };
	struct gv_oid oid;
	unsigned mode;
	bool has;

	if (gv_oid_is_zero(&a->ledger.tree))
		return false;
	snprintf(path, sizeof(path), "%.*s/%s", MONTH, id_of(u), id_of(u));
	has = gv_tree_find(a->edit.odb, &a->ledger.tree, path, &mode, &oid) ==
		0 &&
	    gv_odb_read_type(a->edit.odb, &obj, &oid, GV_OTYPE_BLOB) == 0 &&
	    gv_receipt_parse(out, (const char *)obj.data, obj.len) == 0;
	gv_object_release(&obj);
	if (has && !gv_oid_equal(&out->commit, &u->new)) {
		gv_receipt_release(out);
		has = false;
	}
	return has;
}

static int
add_blob(struct adding *a, struct gv_ledger_change *change,
    const struct gv_receive_update *u)
{
	const struct gv_receipt receipt = { .commit = u->new,
		.time = a->how->now,
		.pusher = (char *)a->how->pusher };
	struct gv_receipt earlier = { .pusher = NULL };
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_receipt_format(
	    &text, find_earlier(&earlier, a, u) ? &earlier : &receipt);
	gv_receipt_release(&earlier);
	r = gv_buf_check(&text);
	change->name = id_of(u);
	change->mode = GV_MODE_FILE;
	if (r == 0)
		r = gv_ledger_blob(&a->edit, &change->oid, text.p, text.len);
	gv_buf_release(&text);
	return r;
}

/* The tree of a month with those from `at` on that are of it; *end is the first
 * that is not. */
static int
add_month(struct adding *a, size_t at, size_t *end)
{
	struct gv_ledger_change *changes = NULL, *month;
	struct gv_oid old = { { 0 } };
	size_t cap = 0, n;
	unsigned mode;
	int r = 0;

	month = &a->months[a->n_months];
	memcpy(a->names[a->n_months], id_of(a->all[at]), MONTH);
	month->name = a->names[a->n_months++];
	month->mode = GV_MODE_DIR;
	for (n = 0; r == 0 && at + n < a->n &&
	     strncmp(id_of(a->all[at + n]), month->name, MONTH) == 0;
	     n++) {
		if ((r = GV_GROW(changes, n, cap)) == 0)
			r = add_blob(a, &changes[n], a->all[at + n]);
	}
	*end = at + n;
	if (r == 0 && !gv_oid_is_zero(&a->ledger.tree))
		r = gv_tree_find(
		    a->edit.odb, &a->ledger.tree, month->name, &mode, &old);
	if (r == 0 || r == GV_ENOTFOUND)
		r = gv_ledger_tree(&a->edit, &month->oid, &old, changes, n);
	free(changes);
	return r;
}

/* The header in which git has a signature: its lines, each but the first behind
 * a blank. */
static int
add_signature(struct gv_buf *out, const struct gv_sign *sign)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *p, *nl;
	int r = gv_sign_format(&text, sign, "git");

	for (p = text.p; r == 0 && *p; p = nl + 1) {
		nl = strchr(p, '\n');
		if (nl == NULL)
			break;
		gv_buf_addstr(out, p == text.p ? "gpgsig " : " ");
		gv_buf_add(out, p, (size_t)(nl + 1 - p));
	}
	gv_buf_release(&text);
	return r;
}

/* A signature is of the commit without it, and stands behind its headers. */
static int
sign(struct gv_buf *commit, size_t headers, const struct gv_secret *signer)
{
	struct gv_buf whole = GV_BUF_INIT;
	struct gv_sign made;
	int r = gv_sign_make(&made, signer, "git", commit->p, commit->len);

	gv_buf_add(&whole, commit->p, headers);
	if (r == 0)
		r = add_signature(&whole, &made);
	gv_buf_add(&whole, commit->p + headers, commit->len - headers);
	if (r == 0)
		r = gv_buf_check(&whole);
	if (r < 0) {
		gv_buf_release(&whole);
		return r;
	}
	gv_buf_release(commit);
	*commit = whole;
	return 0;
}

static int
add_commit(struct adding *a, const char *ref, const struct gv_oid *tree)
{
	struct gv_buf text = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	struct gv_oid tip;
	size_t headers;
	int r;

	gv_oid_format(hex, tree);
	gv_buf_addf(&text, "tree %s\n", hex);
	if (!gv_oid_is_zero(&a->ledger.tip)) {
		gv_oid_format(hex, &a->ledger.tip);
		gv_buf_addf(&text, "parent %s\n", hex);
	}
	r = gv_author_add(&text, a->repo, a->how->now);
	headers = text.len ? text.len - 1 : 0;
	/* the trailer tells a fold that the pack is a vault's */
	gv_buf_addf(&text, "%zu snapshot%s received\n\nVault-Format: 1\n", a->n,
	    a->n == 1 ? "" : "s");
	if (r < 0 || (r = gv_buf_check(&text)) < 0)
		goto out;
	if (a->signer.len && (r = sign(&text, headers, &a->signer)) < 0)
		goto out;
	r = gv_pack_add(
	    a->edit.lane, &tip, GV_OTYPE_COMMIT, text.p, text.len, NULL);
	if (r < 0)
		goto out;
	gv_ledger_move(&a->edit, ref, &tip, &a->ledger.tip);
out:
	gv_buf_release(&text);
	return r;
}

static int
try_once(struct adding *a, const char *ref)
{
	struct gv_oid tip, tree;
	size_t at;
	int r = gv_ref_find(&tip, a->repo, ref);

	a->n_months = 0;
	if (r == 0 &&
	    (r = gv_ledger_begin(&a->edit, a->repo, a->how->now)) == 0)
		r = gv_ledger_load(&a->ledger, a->edit.odb, &tip);
	for (at = 0; r == 0 && at < a->n;)
		r = add_month(a, at, &at);
	if (r == 0)
		r = gv_ledger_tree(
		    &a->edit, &tree, &a->ledger.tree, a->months, a->n_months);
	if (r == 0 && (r = add_commit(a, ref, &tree)) == 0)
		r = gv_ledger_publish(&a->edit);
	gv_ledger_end(&a->edit);
	memset(&a->edit, 0, sizeof(a->edit));
	return r;
}

static int
write_all(struct adding *a, const char *ref)
{
	int i, r = 0;

	for (i = 0; i < TRIES; i++) {
		r = try_once(a, ref);
		if (r != GV_EEXISTS)
			return r;
		gv_clock_sleep(PAUSE_MS * (i + 1));
		r = gv_odb_refresh(a->repo->odb);
		if (r < 0)
			return r;
	}
	return gv_err(GV_ELOCKED, "others are quicker");
}

int
gv_receipt_add(struct gv_receipt_done *out, struct gv_repo *repo,
    const struct gv_receive *push, const struct gv_receipt_how *how)
{
	struct adding a = {
		.repo = repo, .how = how, .signer = GV_SECRET_INIT
	};
	struct gv_buf ref = GV_BUF_INIT;
	unsigned mask = gv_repo_share(repo);
	int r = gv_repo_check_writable(repo);

	if (r == 0)
		r = collect(&a, push);
	gv_receipt_ref(&ref, repo);
	if (r == 0 && (r = gv_buf_check(&ref)) == 0 && a.n && how->safe)
		gv_safe_signer(&a.signer, how->safe, true);
	if (r == 0 && a.n)
		r = write_all(&a, ref.p);
	gv_repo_unshare(mask);
	out->n = a.n;
	out->is_signed = a.signer.len > 0;
	if (r < 0)
		r = gv_err_in(r,
		    "no receipt was written of %zu snapshot%s that came, in %s",
		    a.n, a.n == 1 ? "" : "s", ref.p);
	gv_secret_release(&a.signer);
	gv_buf_release(&ref);
	free(a.all);
	free(a.months);
	free(a.names);
	return r;
}
