#include <string.h>

#include "audit/audit.h"
#include "audit/receipt.h"
#include "base/err.h"
#include "base/glob.h"
#include "component/component_stored.h"
#include "hook/receive_internal.h"
#include "key/idkey.h"
#include "key/keyring_store.h"
#include "object/link.h"
#include "object/odb.h"
#include "object/odb_own.h"
#include "record/good.h"
#include "record/mark.h"
#include "record/record_load.h"
#include "record/tombstone.h"
#include "record/trash.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "state/track.h"
#include "statelock/statelock.h"
#include "sys/proc.h"
#include "vault/note.h"

/*
 * How vault refs may move, by what they hold: no push may lose what another
 * clone has recorded. A name that ends in '/' is of all below it; the first
 * that fits counts.
 */

#define NOTES "refs/vault/notes"

enum may {
	CREATE = 1,
	FORWARD = 2, /* to a commit that the old one is in */
	DELETE = 4,
};

struct kind {
	const char *name;
	unsigned may;
	const char *rule; /* for who did something else */
	/* what else must hold, by what is done; or NULL */
	int (*create)(
	    struct gv_receive_job *job, const struct gv_receive_update *u);
	int (*forward)(
	    struct gv_receive_job *job, const struct gv_receive_update *u);
	int (*remove)(
	    struct gv_receive_job *job, const struct gv_receive_update *u);
	bool is_scanned;
};

/* ---- checks of one kind ---- */

static const char forward_only[] =
    "it only grows: fetch it, add your changes on top, and push again";

/* Each commit of our chains says its format, whatever that is. */
static int
is_of_ours(bool *out, struct gv_odb *odb, const struct gv_oid *commit)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read(odb, &obj, commit);

	*out = r == 0 && obj.type == GV_OTYPE_COMMIT &&
	    gv_odb_own_is_commit((const char *)obj.data);
	gv_object_release(&obj);
	return r;
}

static int
check_made(struct gv_receive_job *job, const struct gv_receive_update *u,
    const char *else_why)
{
	bool is_ours;
	int r = is_of_ours(&is_ours, job->odb, &u->new);

	if (r < 0)
		return gv_receive_fault_of(job, u->ref, r);
	return is_ours ? 0 : gv_receive_fault(job, u->ref, "%s", else_why);
}

/* A clone that fetches it would read it as a list or a chain of the vault. */
static int
check_ours(struct gv_receive_job *job, const struct gv_receive_update *u)
{
	return check_made(job, u,
	    "its newest commit has no trailer Vault-Format, so git vault did "
	    "not make it: push it under another name");
}

/* A chain of the vault, with nothing but what belongs in such a tree. */
static int
check_chain(struct gv_receive_job *job, const struct gv_receive_update *u,
    enum gv_receive_form form)
{
	const size_t before = job->report->n;
	int r = check_ours(job, u);

	return r < 0 || job->report->n > before
	    ? r
	    : gv_receive_check_form(job, u, form);
}

#define CHAIN(name, form)                                                      \
	static int name(                                                       \
	    struct gv_receive_job *job, const struct gv_receive_update *u)     \
	{                                                                      \
		return check_chain(job, u, form);                              \
	}

CHAIN(check_secrets, GV_RECEIVE_SECRETS)
CHAIN(check_states, GV_RECEIVE_STATES)
CHAIN(check_idkeys, GV_RECEIVE_IDKEY)
CHAIN(check_marks, GV_RECEIVE_MARKS)
CHAIN(check_deletions, GV_RECEIVE_DELETIONS)
CHAIN(check_events, GV_RECEIVE_EVENTS)

static int
check_good(struct gv_receive_job *job, const struct gv_receive_update *u)
{
	struct gv_record rec = { .format = 0 };
	struct gv_oid id = u->new;
	enum gv_otype type;
	int r = gv_good_check_tag(job->odb, u->ref, &u->new);

	if (r == 0)
		r = gv_link_peel(&id, &type, job->odb);
	if (r < 0)
		return gv_receive_fault_of(job, u->ref, r);
	/* most are at a commit of the project */
	if ((r = gv_record_load(&rec, job->repo, &id)) == 0)
		r = gv_receive_check_root(job, u, &rec.root);
	gv_record_release(&rec);
	return r == GV_ECORRUPT || r == GV_ENOTFOUND ? 0 : r;
}

static int
check_keyring(struct gv_receive_job *job, const struct gv_receive_update *u)
{
	int r = gv_keyring_follow(
	    job->repo, gv_oid_is_zero(&u->old) ? NULL : &u->old, &u->new);

	return r < 0 ? gv_receive_fault_of(job, u->ref, r)
		     : gv_receive_check_form(job, u, GV_RECEIVE_KEYRING);
}

/* In clear it may go where the keyring has it, sealed. */
static int
check_idkey(struct gv_receive_job *job, const struct gv_receive_update *u)
{
	const struct gv_receive_update *keyring =
	    gv_receive_find(job->push, GV_REF_KEYRING);
	struct gv_oid tip = { { 0 } };
	bool is_ours = false;
	int r = is_of_ours(&is_ours, job->odb, &u->old);

	/* what is no key may go in any case */
	if (r < 0 || !is_ours)
		return r == GV_ENOTFOUND || r == GV_ECORRUPT ? 0 : r;
	if (keyring)
		tip = keyring->new;
	else
		r = gv_ref_find(&tip, job->repo, GV_REF_KEYRING);
	if (r < 0 || !gv_oid_is_zero(&tip))
		return r;
	return gv_receive_fault(job, u->ref,
	    "it is not deleted while there is no keyring, since nothing else "
	    "has this key");
}

/* Nobody scans it. */
static int
check_lock(struct gv_receive_job *job, const struct gv_receive_update *u)
{
	struct gv_statelock_record rec = { .id = NULL };
	struct gv_object obj = { 0 };
	enum gv_otype type;
	size_t size;
	int r;

	if ((r = gv_odb_read_header(job->odb, &type, &size, &u->new)) < 0)
		goto out;
	if (type != GV_OTYPE_BLOB || size > GV_STATELOCK_MAX) {
		r = gv_err(GV_ECORRUPT, "it is no blob of at most %zu bytes",
		    GV_STATELOCK_MAX);
		goto out;
	}
	if ((r = gv_odb_read_type(job->odb, &obj, &u->new, GV_OTYPE_BLOB)) < 0)
		goto out;
	r = gv_statelock_parse(&rec, (const char *)obj.data, obj.len);
out:
	if (r < 0)
		r = gv_err_in(r, "the pushed object is not a record of a lock");
	gv_statelock_record_release(&rec);
	gv_object_release(&obj);
	return r < 0 ? gv_receive_fault_of(job, u->ref, r) : 0;
}

/* Of git notes, too, which knows of no trailer. */
static int
check_notes(struct gv_receive_job *job, const struct gv_receive_update *u)
{
	int r = gv_note_check_tip(job->odb, &u->new);

	return r < 0 ? gv_receive_fault_of(job, u->ref, r) : 0;
}

/* A newer git vault may have names that are not known here, and says in them
 * whose they are as ours always have. Anything else is a slip, and nothing that
 * a clone would ever look at. */
static int
check_unknown(struct gv_receive_job *job, const struct gv_receive_update *u)
{
	return check_made(job, u,
	    "git vault does not know a ref of this name, and its commit has no "
	    "trailer Vault-Format, so no newer git vault made it: push it "
	    "under another name");
}

static int
check_report(struct gv_receive_job *job, const struct gv_receive_update *u)
{
	return check_made(job, u,
	    "its commit has no trailer Vault-Format, so no git vault made this "
	    "report");
}

/* A clone that lists components reads what it says of itself. */
static int
check_component(struct gv_receive_job *job, const struct gv_receive_update *u)
{
	struct gv_component_stored stored = { .text = NULL };
	const size_t before = job->report->n;
	int r = check_made(job, u,
	    "its commit has no trailer Vault-Format, so no git vault made this "
	    "dump");

	if (r < 0 || job->report->n > before)
		return r;
	r = gv_component_stored_load(
	    &stored, job->odb, &(struct gv_ref){ u->ref, u->new });
	gv_component_stored_release(&stored);
	return r < 0 ? gv_receive_fault_of(job, u->ref, r) : 0;
}

static int
check_unknown_goes(
    struct gv_receive_job *job, const struct gv_receive_update *u)
{
	bool is_ours = false;
	int r = is_of_ours(&is_ours, job->odb, &u->old);

	if (r < 0 || !is_ours)
		return r == GV_ENOTFOUND || r == GV_ECORRUPT ? 0 : r;
	return gv_receive_fault(
	    job, u->ref, "it cannot be deleted by a push; %s", forward_only);
}

/* A doctor that tries this server hears that it checks. */
static int
answer_probe(struct gv_receive_job *job, const struct gv_receive_update *u)
{
	(void)u;
	gv_buf_addstr(&job->report->news, GV_RECEIVE_PROBED "\n");
	return gv_buf_check(&job->report->news);
}

/* ---- the table ---- */

static const char notes_elsewhere[] =
    "notes are in " GV_REF_NOTES ", and no clone could fetch both";

static const struct kind kinds[] = {
	{ GV_REFS_SNAPSHOTS, CREATE | DELETE,
	    "a snapshot never changes: take another one",
	    gv_receive_check_snapshot, NULL, gv_receive_check_deletion, true },
	{ GV_REFS_COMPONENTS, CREATE | DELETE,
	    "a dump of a component never changes: make another one",
	    check_component, NULL, gv_receive_check_deletion, true },
	{ GV_REF_DELETED, CREATE | FORWARD, forward_only, check_deletions,
	    check_deletions, NULL, true },
	{ GV_REF_MARKS, CREATE | FORWARD, forward_only, check_marks,
	    check_marks, NULL, true },
	{ GV_REF_KEYRING, CREATE | FORWARD, forward_only, check_keyring,
	    check_keyring, NULL, true },
	{ GV_REF_IDKEY, CREATE | FORWARD | DELETE, forward_only, check_idkeys,
	    check_idkeys, check_idkey, true },
	{ GV_REFS_SECRETS, CREATE | FORWARD, forward_only, check_secrets,
	    check_secrets, NULL, true },
	{ GV_REFS_STATES, CREATE | FORWARD, forward_only, check_states,
	    check_states, NULL, true },
	{ GV_REFS_AUDIT, CREATE | FORWARD, forward_only, check_events,
	    check_events, NULL, true },
	{ GV_REFS_LOCKS, CREATE | DELETE,
	    "locks are taken and released, never changed: git vault state "
	    "unlock releases one",
	    check_lock, NULL, NULL, true },
	{ GV_REFS_GOOD, CREATE,
	    "known-good records are never changed nor deleted: a later one "
	    "revokes them",
	    check_good, NULL, NULL, true },
	{ GV_REFS_REPORTS, CREATE,
	    "reports are evidence: they are never changed nor deleted",
	    check_report, NULL, NULL, true },
	{ GV_REFS_PROBES, CREATE | DELETE,
	    "it comes and goes, and never changes", answer_probe, NULL, NULL,
	    true },
	{ GV_REFS_SERVERS, 0,
	    "what the server has received is written by the server alone", NULL,
	    NULL, NULL, false },
	{ GV_REFS_TRASH, DELETE,
	    "the trash stays in its clone: 'git vault undelete' brings a "
	    "snapshot back, and a sync pushes it",
	    NULL, NULL, NULL, true },
	/* this would stand where fetches bring refs/notes/vault to */
	{ NOTES, DELETE, notes_elsewhere, NULL, NULL, NULL, true },
	{ GV_REFS_VAULT, CREATE | FORWARD | DELETE, forward_only, check_unknown,
	    check_unknown, check_unknown_goes, true },
	{ GV_REF_NOTES, CREATE | FORWARD, forward_only, check_notes,
	    check_notes, NULL, true },
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const struct kind in_the_way = { NULL, DELETE,
	"its name collides with a folder of vault refs", NULL, NULL, NULL,
	true };

const char *
gv_receive_unscanned(size_t *at)
{
	while (*at < N_KINDS)
		if (!kinds[(*at)++].is_scanned)
			return kinds[*at - 1].name;
	return NULL;
}

static const struct kind *
kind_of(const char *ref)
{
	size_t i, len;

	for (i = 0; i < N_KINDS; i++) {
		len = strlen(kinds[i].name);
		if (kinds[i].name[len - 1] == '/'
			? strncmp(ref, kinds[i].name, len) == 0
			: strcmp(ref, kinds[i].name) == 0)
			return &kinds[i];
	}
	return NULL;
}

bool
gv_receive_is_in_the_way(const char *ref)
{
	size_t i;

	/* a name that ends in '/' is a folder anyway */
	for (i = 0; i < N_KINDS; i++)
		if (gv_ref_is_below(kinds[i].name, ref) ||
		    (kinds[i].name[strlen(kinds[i].name) - 1] != '/' &&
			gv_ref_is_below(ref, kinds[i].name)))
			return true;
	return false;
}

bool
gv_receive_is_scanned(const char *ref)
{
	const struct kind *kind = kind_of(ref);

	return kind == NULL || kind->is_scanned;
}

bool
gv_receive_holds_snapshots(const char *ref)
{
	return strncmp(ref, GV_REFS_SNAPSHOTS, strlen(GV_REFS_SNAPSHOTS)) ==
	    0 ||
	    strncmp(ref, GV_REFS_GOOD, strlen(GV_REFS_GOOD)) == 0;
}

/* ---- one update ---- */

/* Whether the server's administrator lets it move in whatever way: each
 * vault.receive.allowRewrite is a pattern of refs. */
static bool
is_let(const struct gv_repo *repo, const char *ref)
{
	size_t i;

	for (i = 0; i < repo->config.n; i++) {
		const struct gv_config_entry *e = &repo->config.entries[i];

		if (strcmp(e->key, "vault.receive.allowrewrite") == 0 &&
		    e->value &&
		    gv_glob_match(
			e->value, strlen(e->value), ref, strlen(ref), 0))
			return true;
	}
	return false;
}

/* Whether the old commit is in the new one: 1 or 0. What is no commit is in
 * nothing. */
static int
is_forward(const struct gv_receive_update *u)
{
	char old[GV_OID_HEX + 1], new[GV_OID_HEX + 1];
	const char *const argv[] = { "git", "merge-base", "--is-ancestor", old,
		new, NULL };
	struct gv_proc git = GV_PROC_INIT;
	int r;

	gv_oid_format(old, &u->old);
	gv_oid_format(new, &u->new);
	r = gv_proc_run(&git, &(struct gv_proc_opts){ .argv = argv });
	if (r == 0)
		r = git.status == 0;
	gv_proc_release(&git);
	return r;
}

static int
refuse(struct gv_receive_job *job, const struct gv_receive_update *u,
    const char *rule)
{
	return gv_receive_fault(job, u->ref, "it cannot be %s by a push; %s",
	    gv_oid_is_zero(&u->new)       ? "deleted"
		: gv_oid_is_zero(&u->old) ? "created"
					  : "moved like that",
	    rule);
}

static int
check_move(struct gv_receive_job *job, const struct gv_receive_update *u,
    const struct kind *kind)
{
	int r = kind->may & FORWARD ? is_forward(u) : 0;

	if (r < 0)
		return r;
	if (r == 0)
		return refuse(job, u, kind->rule);
	return kind->forward ? kind->forward(job, u) : 0;
}

int
gv_receive_check_ref(
    struct gv_receive_job *job, const struct gv_receive_update *u)
{
	const struct kind *kind =
	    gv_receive_is_in_the_way(u->ref) ? &in_the_way : kind_of(u->ref);
	bool creates = gv_oid_is_zero(&u->old);
	bool removes = gv_oid_is_zero(&u->new);

	if (kind == NULL || gv_oid_equal(&u->old, &u->new))
		return 0;
	if (kind->may && is_let(job->repo, u->ref))
		return 0;
	if (!creates && !removes)
		return check_move(job, u, kind);
	if (!(kind->may & (creates ? CREATE : DELETE)))
		return refuse(job, u, kind->rule);
	if (creates)
		return kind->create ? kind->create(job, u) : 0;
	return kind->remove ? kind->remove(job, u) : 0;
}
