#include "key/keyring_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/age.h"
#include "key/adoption.h"
#include "key/keyring_ids.h"
#include "key/keyring_store_internal.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/lock.h"

#define WAIT_MS 5000 /* for a snapshot that is being taken */

/* ---- loading ---- */

int
gv_keyring_tip(struct gv_oid *out, const struct gv_repo *repo)
{
	int r = gv_ref_find(out, repo, GV_REF_KEYRING);

	if (r < 0)
		return r;
	return gv_oid_is_zero(out) ? GV_ENOTFOUND : 0;
}

/* A pin that cannot be written protects as before, which is no reason to give
 * nothing; that another keyring was seen meanwhile is one. */
static int
see(struct gv_keyring_kept *kept, const struct gv_repo *repo,
    const struct gv_keyring_pin *pin)
{
	char *before = gv_err_save();
	int r = gv_keyring_pin_raise(pin, repo);

	if (r == GV_EREFUSED || r == GV_ECORRUPT || r == GV_ENOMEM) {
		free(before);
		return r;
	}
	gv_err_restore(before);
	kept->is_unkept = r < 0;
	return 0;
}

static void
keep(struct gv_keyring_kept *out, struct gv_keyring_link *tip,
    const unsigned char first[GV_KEYRING_DIGEST])
{
	memset(out, 0, sizeof(*out));
	out->keyring = tip->k;
	out->ledger.tip = tip->commit;
	out->ledger.tree = tip->tree;
	out->sealed = tip->sealed;
	memcpy(out->first, first, GV_KEYRING_DIGEST);
	gv_keyring_print(out->print, first);
	memset(tip, 0, sizeof(*tip));
}

/* A plain fetch or a mirror can bring a keyring that git-vault has not judged.
 * So the first time it is compared with the version that git's configuration
 * names. A keyring with another fingerprint can be this clone's own, a
 * provisional one. */
static int
check_age(const struct gv_keyring_kept *kept, const struct gv_repo *repo)
{
	if (gv_adoption_judge_by(repo, kept->print, kept->keyring.version) !=
	    GV_ADOPTION_OLD)
		return 0;
	return gv_err(GV_EREFUSED,
	    "the keyring, " GV_REF_KEYRING ", is not used: it is version %u of "
	    "%s, and " GV_ADOPTION_PIN " names a later one; to fetch that: git "
	    "update-ref -d " GV_REF_KEYRING " && git vault sync",
	    kept->keyring.version, kept->print);
}

static int
load_tip(struct gv_keyring_kept *out, struct gv_repo *repo,
    const struct gv_oid *oid, const struct gv_keyring_pin *seen)
{
	struct gv_keyring_link tip = { .k = { .version = 0 } };
	struct gv_keyring_pin pin;
	struct gv_odb *odb;
	int r = gv_repo_odb(repo, &odb);

	if (r == 0 && (r = gv_keyring_link_read(&tip, odb, oid)) == 0)
		r = gv_keyring_chain_check(pin.first, odb, &tip, seen);
	if (r < 0) {
		gv_keyring_link_release(&tip);
		return r == GV_ENOMEM
		    ? r
		    : gv_err_in(r == GV_ENOTFOUND ? GV_ERROR : r,
			  "the keyring, " GV_REF_KEYRING ", is not used");
	}
	pin.version = tip.k.version;
	memcpy(pin.digest, tip.k.digest, GV_KEYRING_DIGEST);
	keep(out, &tip, pin.first);
	out->is_new = seen == NULL;
	r = seen ? 0 : check_age(out, repo);
	if (r == 0 && (seen == NULL || seen->version < pin.version))
		r = see(out, repo, &pin);
	if (r < 0)
		gv_keyring_kept_release(out);
	return r;
}

/* Whether another keyring is being adopted and the ref names it, which then is
 * seen, also where the pin cannot be written: the next one sees it again. 1, 0,
 * or a failure. */
static int
see_expected(
    struct gv_keyring_pin *seen, struct gv_repo *repo, const struct gv_oid *tip)
{
	struct gv_keyring_pin next;
	struct gv_keyring_kept kept = { .print = "" };
	int r = gv_keyring_pin_expected(&next, repo);

	if (r < 0)
		return r == GV_ENOTFOUND ? 0 : r;
	r = gv_keyring_look(&kept, repo, tip);
	if (r < 0)
		return r;
	if (kept.keyring.version == next.version &&
	    memcmp(kept.keyring.digest, next.digest, GV_KEYRING_DIGEST) == 0 &&
	    memcmp(kept.first, next.first, GV_KEYRING_DIGEST) == 0) {
		r = gv_keyring_trust(repo, &kept) == GV_ENOMEM ? GV_ENOMEM : 1;
		*seen = next;
	}
	gv_keyring_kept_release(&kept);
	return r;
}

static int
load_seen(struct gv_keyring_kept *out, struct gv_repo *repo,
    const struct gv_oid *tip, struct gv_keyring_pin *seen)
{
	int r = load_tip(out, repo, tip, seen);
	char *refusal;

	if (r != GV_EREFUSED)
		return r;
	refusal = gv_err_save();
	r = see_expected(seen, repo, tip);
	if (r > 0) {
		free(refusal);
		return load_tip(out, repo, tip, seen);
	}
	if (r == GV_ENOMEM) {
		free(refusal);
		return r;
	}
	gv_err_restore(refusal);
	return GV_EREFUSED;
}

int
gv_keyring_load(struct gv_keyring_kept *out, struct gv_repo *repo)
{
	struct gv_keyring_pin seen;
	struct gv_oid tip;
	int pinned = gv_keyring_pin_load(&seen, repo), r;

	if (pinned < 0 && pinned != GV_ENOTFOUND)
		return pinned;
	r = gv_keyring_tip(&tip, repo);
	if (r == GV_ENOTFOUND && pinned == 0)
		return gv_err(GV_EREFUSED,
		    "the keyring is missing: there is no " GV_REF_KEYRING
		    ", of which version %u was seen here; fetch it again, or "
		    "see git-vault-recovery(7) where no clone has it",
		    seen.version);
	if (r < 0)
		return r;
	return pinned == 0 ? load_seen(out, repo, &tip, &seen)
			   : load_tip(out, repo, &tip, NULL);
}

int
gv_keyring_look(
    struct gv_keyring_kept *out, struct gv_repo *repo, const struct gv_oid *tip)
{
	struct gv_keyring_link newest = { .k = { .version = 0 } };
	unsigned char first[GV_KEYRING_DIGEST];
	struct gv_odb *odb;
	int r = gv_repo_odb(repo, &odb);

	if (r == 0 && (r = gv_keyring_link_read(&newest, odb, tip)) == 0 &&
	    (r = gv_keyring_chain_check(first, odb, &newest, NULL)) == 0)
		keep(out, &newest, first);
	else
		gv_keyring_link_release(&newest);
	return r;
}

void
gv_keyring_kept_release(struct gv_keyring_kept *kept)
{
	if (kept == NULL)
		return;
	gv_keyring_release(&kept->keyring);
	memset(kept, 0, sizeof(*kept));
}

/* ---- saving ---- */

/* Nobody is forgotten, as far as a header tells. */
static int
check_sealed(const struct gv_keyring_parts *parts, const struct gv_keyring *k)
{
	struct gv_age_header h;
	size_t n;
	int r = gv_age_header_read(&h, parts->sealed, parts->sealed_len);

	if (r == GV_ENOTFOUND)
		return gv_err(GV_ECORRUPT, "the encrypted id key is cut off");
	if (r < 0)
		return gv_err_in(r, "the encrypted id key");
	n = h.n;
	gv_age_header_release(&h);
	if (n < k->n_recipients)
		return gv_err(GV_EREFUSED,
		    "the id key is encrypted for %zu, but the keyring has %zu "
		    "recipients",
		    n, k->n_recipients);
	return 0;
}

/* Nothing is written that would not be read. */
static int
check_parts(struct gv_keyring *k, const struct gv_keyring_kept *was,
    const struct gv_keyring_parts *parts)
{
	struct gv_sign by;
	int r;

	if (parts->sig_len > GV_KEYRING_SIG_MAX ||
	    parts->sealed_len > GV_KEYRING_SEALED_MAX)
		return gv_err(GV_EREFUSED,
		    "a signature or an encrypted id key cannot be that large");
	r = gv_keyring_parse_signed(
	    k, &by, parts->text, parts->len, parts->sig, parts->sig_len);
	if (r < 0)
		return r;
	if ((r = gv_keyring_check(k, &by, was ? &was->keyring : NULL)) == 0)
		r = check_sealed(parts, k);
	if (r < 0)
		gv_keyring_release(k);
	return r;
}

/* The entries of a version, and of the policy files that it accepts. */
struct entries {
	struct gv_ledger_change *list;
	char names[2 * GV_KEYRING_FILES]
		  [GV_KEYRING_NAME_MAX + sizeof(GV_KEYRING_POLICY)];
	size_t n, n_policies;
};

static struct gv_ledger_change *
add_entry(struct entries *e, const char *file)
{
	char *name = e->names[e->n_policies++];

	snprintf(name, sizeof(e->names[0]), GV_KEYRING_POLICY "%s", file);
	e->list[e->n] =
	    (struct gv_ledger_change){ name, GV_MODE_FILE, { { 0 } } };
	return &e->list[e->n++];
}

static bool
is_given(const struct gv_keyring_parts *parts, const char *file)
{
	size_t i;

	for (i = 0; i < parts->n_files; i++)
		if (strcmp(parts->files[i].file, file) == 0)
			return true;
	return false;
}

/* Files that the version before accepted and this one does not are removed. */
static int
add_policies(struct entries *e, struct gv_ledger_edit *edit,
    const struct gv_keyring_kept *was, const struct gv_keyring_parts *parts)
{
	size_t i, n = was ? was->keyring.n_policies : 0;
	int r = 0;

	if (!parts->has_files)
		return 0;
	if (parts->n_files > GV_KEYRING_FILES || n > GV_KEYRING_FILES)
		return gv_err(GV_EREFUSED,
		    "the keyring accepts more than %d policy files: a newer "
		    "git-vault wrote it; update this one",
		    GV_KEYRING_FILES);
	for (i = 0; i < n; i++)
		if (!is_given(parts, was->keyring.policies[i].file))
			add_entry(e, was->keyring.policies[i].file);
	for (i = 0; r == 0 && i < parts->n_files; i++)
		r = gv_ledger_blob(edit,
		    &add_entry(e, parts->files[i].file)->oid, parts->files[i].p,
		    parts->files[i].len);
	return r;
}

static int
add_blob(struct entries *e, struct gv_ledger_edit *edit, const char *name,
    const void *p, size_t len)
{
	struct gv_ledger_change *c = &e->list[e->n++];

	*c = (struct gv_ledger_change){ name, GV_MODE_FILE, { { 0 } } };
	return gv_ledger_blob(edit, &c->oid, p, len);
}

static int
add_all(struct entries *e, struct gv_ledger_edit *edit,
    const struct gv_keyring_kept *was, const struct gv_keyring_parts *parts)
{
	const struct gv_keyring_entries *more = parts->entries;
	size_t i, n = more ? more->n : 0;
	int r = 0;

	e->list = calloc(3 + 2 * GV_KEYRING_FILES + n, sizeof(*e->list));
	if (e->list == NULL)
		return gv_err_nomem();
	r = add_blob(e, edit, "idkey.age", parts->sealed, parts->sealed_len);
	if (r == 0 &&
	    (r = add_blob(e, edit, "keyring", parts->text, parts->len)) == 0)
		r = add_blob(
		    e, edit, "keyring.sig", parts->sig, parts->sig_len);
	for (i = 0; r == 0 && i < n; i++)
		r = add_blob(e, edit, more->list[i].name, more->list[i].bytes.p,
		    more->list[i].bytes.len);
	return r < 0 ? r : add_policies(e, edit, was, parts);
}

static int
publish(struct gv_repo *repo, const struct gv_keyring_kept *was,
    const struct gv_keyring_parts *parts, unsigned version)
{
	static const struct gv_ledger none;
	const struct gv_ledger *before = was ? &was->ledger : &none;
	struct gv_ledger_edit edit = { 0 };
	struct entries e = { .list = NULL };
	char subject[64];
	struct gv_oid tree;
	int r = gv_ledger_begin(&edit, repo, parts->now);

	if (r == 0 && (r = add_all(&e, &edit, was, parts)) == 0)
		r = gv_ledger_tree(&edit, &tree, &before->tree, e.list, e.n);
	snprintf(
	    subject, sizeof(subject), "version %u of the keyring", version);
	if (r == 0 &&
	    (r = gv_ledger_step(
		 &edit, before, GV_REF_KEYRING, &tree, subject)) == 0)
		r = gv_ledger_publish(&edit);
	gv_ledger_end(&edit);
	free(e.list);
	if (r == GV_EEXISTS)
		r = gv_err_in(r,
		    "somebody else has changed the keyring meanwhile; make the "
		    "change again");
	return r;
}

/* A first version only where none was ever seen. */
static int
check_none(const struct gv_repo *repo)
{
	struct gv_keyring_pin seen;
	int r = gv_keyring_pin_load(&seen, repo);

	if (r == 0)
		return gv_err(GV_EREFUSED,
		    "version %u of a keyring was seen here, so a new keyring "
		    "must not be made; fetch it again",
		    seen.version);
	return r == GV_ENOTFOUND ? 0 : r;
}

static int
write_version(struct gv_repo *repo, const struct gv_keyring_kept *was,
    const struct gv_keyring_parts *parts, unsigned version)
{
	unsigned mask = gv_repo_share(repo);
	int lock = -1, r = 0;

	if (!parts->is_locked)
		r = gv_repo_lock(&lock, repo, WAIT_MS);
	if (r == 0)
		r = publish(repo, was, parts, version);
	gv_lock_close(lock);
	gv_repo_unshare(mask);
	return r;
}

int
gv_keyring_save(struct gv_repo *repo, const struct gv_keyring_kept *was,
    const struct gv_keyring_parts *parts)
{
	struct gv_keyring k = { .version = 0 };
	struct gv_keyring_kept now;
	int r = was ? 0 : check_none(repo);

	if (r < 0 || (r = check_parts(&k, was, parts)) < 0)
		return r;
	if (was == NULL)
		r = gv_keyring_pin_keep_records(repo);
	if (r == 0)
		r = write_version(repo, was, parts, k.version);
	gv_keyring_release(&k);
	if (r < 0)
		return r;
	/* and so it is seen */
	if ((r = gv_keyring_load(&now, repo)) < 0)
		return r;
	gv_keyring_kept_release(&now);
	return 0;
}
