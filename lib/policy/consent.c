#include "policy/consent.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "config/policy_hold.h"
#include "key/adoption.h"
#include "key/keyring_store_internal.h"
#include "key/keyring_store.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "policy/consent_internal.h"
#include "policy/plan_file.h"
#include "policy/team_file.h"
#include "policy/wish_file.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "vault/ledger.h"
#include "worktree/cache.h"

#define CACHE "policy-keyring"

const char *const gv_consent_files[GV_CONSENT_FILES] = { ".gitvault.yaml",
	GV_WISH_FILE, "check.baseline", GV_PLAN_FILE_DIR, "config.schema" };

const char *const gv_consent_entries[GV_CONSENT_FILES] = { ".gitvault.yaml",
	GV_WISH_FILE, ".check-baseline", ".gitvault-plans",
	".gitvault-schemas" };

void
gv_consent_release(struct gv_consent *consent)
{
	int i;

	if (consent == NULL)
		return;
	for (i = 0; i < GV_CONSENT_FILES; i++)
		gv_buf_release(&consent->texts[i]);
	gv_buf_release(&consent->left);
	free(consent->why);
	memset(consent, 0, sizeof(*consent));
}

void
gv_consent_init(struct gv_consent *out)
{
	static const struct gv_buf empty = GV_BUF_INIT;
	int i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < GV_CONSENT_FILES; i++)
		out->texts[i] = empty;
	out->left = empty;
}

bool
gv_consent_is_same(const struct gv_consent *a, const struct gv_consent *b)
{
	int i;

	for (i = 0; i < GV_CONSENT_FILES; i++)
		if (a->has[i] != b->has[i] ||
		    !gv_buf_equal(&a->texts[i], &b->texts[i]))
			return false;
	return true;
}

int
gv_consent_read(struct gv_consent *out, struct gv_repo *repo)
{
	struct gv_buf *policy = &out->texts[GV_CONSENT_POLICY];
	struct gv_buf *ignore = &out->texts[GV_CONSENT_IGNORE];
	struct gv_buf *plans = &out->texts[GV_CONSENT_PLANS];
	int r;

	gv_consent_init(out);
	r = gv_team_file_read(
	    policy, repo, gv_consent_files[GV_CONSENT_POLICY]);
	if (r < 0 && r != GV_ENOTFOUND)
		return r;
	out->has[GV_CONSENT_POLICY] = r == 0;
	if ((r = gv_wish_file_gather(ignore, repo, NULL)) < 0 ||
	    (r = gv_plan_file_gather(plans, &out->left, repo)) < 0)
		return r;
	out->has[GV_CONSENT_IGNORE] = ignore->len > 0;
	out->has[GV_CONSENT_PLANS] = plans->len > 0;
	r = gv_consent_read_baseline(out, repo, NULL);
	return r < 0 ? r : gv_consent_read_schemas(out, repo, NULL);
}

/* ---- pinned ------------------------------------------------------------- */

static int
read_tree(struct gv_consent *out, struct gv_repo *repo, struct gv_odb *odb,
    const struct gv_oid *tree)
{
	struct gv_buf *ignore = &out->texts[GV_CONSENT_IGNORE];
	struct gv_buf *plans = &out->texts[GV_CONSENT_PLANS];
	int r = gv_team_file_read_tree(&out->texts[GV_CONSENT_POLICY], odb,
	    tree, gv_consent_files[GV_CONSENT_POLICY]);

	if (r < 0 && r != GV_ENOTFOUND)
		return r;
	out->has[GV_CONSENT_POLICY] = r == 0;
	if ((r = gv_wish_file_gather_tree(ignore, odb, tree)) < 0 ||
	    (r = gv_plan_file_gather_tree(plans, &out->left, odb, tree)) < 0)
		return r;
	out->has[GV_CONSENT_IGNORE] = ignore->len > 0;
	out->has[GV_CONSENT_PLANS] = plans->len > 0;
	r = gv_consent_read_baseline(out, repo, tree);
	return r < 0 ? r : gv_consent_read_schemas(out, repo, tree);
}

/* The id of a blob is of .gitvault.yaml; that of a commit or a tree is of all
 * files in it. */
static int
read_pinned(struct gv_consent *out, struct gv_repo *repo, const char *hex)
{
	struct gv_ledger at = { .tip = { { 0 } } };
	enum gv_otype type;
	struct gv_odb *odb;
	struct gv_oid oid;
	size_t size;
	int r;

	if (strlen(hex) != GV_OID_HEX || gv_oid_parse(&oid, hex) < 0)
		return gv_err(
		    GV_EREFUSED, "it is not the full id of an object");
	if ((r = gv_repo_odb(repo, &odb)) < 0 ||
	    (r = gv_odb_read_header(odb, &type, &size, &oid)) < 0)
		return r;
	if (type == GV_OTYPE_BLOB) {
		out->has[GV_CONSENT_POLICY] = true;
		return gv_team_file_read_blob(&out->texts[GV_CONSENT_POLICY],
		    odb, &oid, gv_consent_files[GV_CONSENT_POLICY]);
	}
	at.tree = oid;
	if (type == GV_OTYPE_COMMIT)
		r = gv_ledger_load(&at, odb, &oid);
	return r < 0 ? r : read_tree(out, repo, odb, &at.tree);
}

static int
load_pinned(struct gv_consent *out, struct gv_repo *repo)
{
	const char *hex = gv_config_get(&repo->config, GV_CONSENT_PIN);
	int r;

	if (hex == NULL)
		return GV_ENOTFOUND;
	out->from = GV_CONSENT_PINNED;
	if ((r = read_pinned(out, repo, hex)) == 0)
		return 0;
	if (r == GV_ENOTFOUND)
		return gv_err(GV_EREFUSED,
		    GV_CONSENT_PIN
		    " names %.40s, which this clone does not have: fetch it",
		    hex);
	return gv_err_in(
	    r == GV_ENOMEM ? r : GV_EREFUSED, GV_CONSENT_PIN " is %.40s", hex);
}

/* ---- the keyring -------------------------------------------------------- */

/* A keyring counts once this clone has seen it, which is when its fingerprint
 * is shown, or where git's configuration names it. */
static bool
is_trusted(struct gv_repo *repo, const struct gv_oid *tip)
{
	struct gv_keyring_kept kept = { .print = "" };
	struct gv_keyring_pin pin;
	bool is_named;

	if (gv_keyring_pin_load(&pin, repo) != GV_ENOTFOUND)
		return true;
	if (gv_config_get(&repo->config, GV_ADOPTION_PIN) == NULL ||
	    gv_keyring_look(&kept, repo, tip) < 0)
		return false;
	is_named = gv_adoption_judge_by(repo, kept.print,
		       kept.keyring.version) == GV_ADOPTION_TAKEN;
	gv_keyring_kept_release(&kept);
	return is_named;
}

static int
find_file(const char *name)
{
	int i;

	for (i = 0; i < GV_CONSENT_FILES; i++)
		if (strcmp(gv_consent_entries[i], name) == 0)
			break;
	return i;
}

/* Files that this program does not know have no effect here. */
static int
read_keyring(struct gv_consent *out, struct gv_repo *repo,
    const struct gv_keyring_kept *kept)
{
	size_t i;
	int file, r = 0;

	out->from = GV_CONSENT_KEYRING;
	out->version = kept->keyring.version;
	for (i = 0; r == 0 && i < kept->keyring.n_policies; i++) {
		file = find_file(kept->keyring.policies[i].file);
		if (file == GV_CONSENT_FILES)
			continue;
		r = gv_keyring_read_policy(&out->texts[file], repo, kept, i);
		out->has[file] = r == 0;
	}
	return r;
}

/* Load what an earlier run has read from this commit of the keyring. */
static bool
load_cached(
    struct gv_consent *out, struct gv_repo *repo, const struct gv_oid *tip)
{
	struct gv_buf file = GV_BUF_INIT;
	struct gv_oid of;
	bool is_of = gv_cache_load(&file, repo, CACHE) == 0 &&
	    gv_consent_parse(out, &of, file.p, file.len) == 0 &&
	    gv_oid_equal(&of, tip);

	gv_buf_release(&file);
	if (!is_of) {
		gv_consent_release(out);
		gv_consent_init(out);
	}
	out->from = GV_CONSENT_KEYRING;
	return is_of;
}

static void
save_cached(const struct gv_consent *consent, struct gv_repo *repo,
    const struct gv_oid *tip)
{
	struct gv_buf file = GV_BUF_INIT;

	if (gv_consent_format(&file, consent, tip) == 0)
		gv_cache_save(repo, CACHE, &file, false);
	gv_buf_release(&file);
}

/* GV_ENOTFOUND without a message where there is no keyring to go by. */
static int
load_keyring(struct gv_consent *out, struct gv_repo *repo)
{
	struct gv_keyring_kept kept;
	struct gv_oid tip;
	int r = gv_keyring_tip(&tip, repo);

	if (r < 0)
		return r;
	if (load_cached(out, repo, &tip))
		return 0;
	if (!is_trusted(repo, &tip))
		return GV_ENOTFOUND;
	r = gv_keyring_load(&kept, repo);
	if (r < 0)
		return r == GV_ENOTFOUND ? GV_ERROR : r;
	if ((r = read_keyring(out, repo, &kept)) == 0)
		save_cached(out, repo, &kept.ledger.tip);
	gv_keyring_kept_release(&kept);
	return r;
}

/* ---- this clone --------------------------------------------------------- */

static int
load_record(struct gv_consent *out, struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT, file = GV_BUF_INIT;
	struct gv_oid none;
	int r;

	gv_buf_addf(&path, "%s/" GV_CONSENT_RECORD, repo->common_dir);
	if ((r = gv_buf_check(&path)) == 0 &&
	    (r = gv_file_read(&file, AT_FDCWD, path.p,
		 GV_CONSENT_FILES * (GV_TEAM_FILE_MAX + 256))) == 0) {
		r = gv_consent_parse(out, &none, file.p, file.len);
		if (r < 0)
			r = gv_err(GV_ECORRUPT,
			    "%s is damaged; to accept the policy again: git "
			    "vault policy accept",
			    path.p);
		out->from = GV_CONSENT_CLONE;
	}
	gv_buf_release(&path);
	gv_buf_release(&file);
	return r;
}

/* What the user has written here counts without being accepted. A bare
 * repository is a server, and has only what others push. */
static int
load_own(struct gv_consent *out, struct gv_repo *repo)
{
	int r;

	if (repo->worktree == NULL)
		return 0;
	if ((r = gv_consent_read(out, repo)) < 0)
		return r;
	if (gv_consent_is_ours(out, repo)) {
		out->from = GV_CONSENT_HERE;
		return 0;
	}
	gv_consent_release(out);
	gv_consent_init(out);
	return 0;
}

/* ---- which of them ------------------------------------------------------ */

int
gv_consent_load(struct gv_consent *out, struct gv_repo *repo)
{
	char *before = gv_err_save();
	int r;

	gv_consent_init(out);
	r = load_pinned(out, repo);
	if (r == GV_ENOTFOUND)
		r = load_keyring(out, repo);
	if (r == GV_ENOTFOUND)
		r = load_record(out, repo);
	if (r == GV_ENOTFOUND)
		r = load_own(out, repo);
	if (r < 0 && r != GV_ENOMEM) {
		gv_consent_release(out);
		gv_consent_init(out);
		out->why = strdup(gv_err_message());
		r = out->why ? 0 : gv_err_nomem();
	}
	return gv_err_settle(r, before);
}

/* ---- what counts -------------------------------------------------------- */

int
gv_consent_compare(struct gv_policy *policy, struct gv_policy_diff *diff,
    const struct gv_consent *accepted, const char *text, size_t len)
{
	const struct gv_buf *was = &accepted->texts[GV_CONSENT_POLICY];
	struct gv_policy old = GV_POLICY_INIT;
	int r = 0;

	diff->n = 0;
	if (was->len == len && (len == 0 || memcmp(was->p, text, len) == 0)) {
		policy->is_accepted = true;
		return 0;
	}
	if (was->len)
		r = gv_policy_parse(
		    &old, "the accepted .gitvault.yaml", was->p, was->len);
	if (r == GV_ENOMEM) {
		gv_policy_release(policy);
		return r;
	}
	/* an accepted policy that this program cannot read counts as empty */
	return gv_policy_hold(policy, &old, diff);
}

/* Have the command print this at its end; the first of a file counts. */
static int
add_notice(struct gv_repo *repo, enum gv_consent_file file,
    const struct gv_buf *text, const char *p, size_t len)
{
	struct gv_repo_notice *notice = &repo->notices[file];

	if (gv_buf_check(text) < 0)
		return GV_ENOMEM;
	if (notice->text)
		return 0;
	gv_consent_name_text(&notice->of, p, len);
	notice->text = strdup(text->p);
	return notice->text ? 0 : gv_err_nomem();
}

static int
note(struct gv_repo *repo, const struct gv_policy_diff *diff,
    const struct gv_consent *consent, const char *policy, size_t len)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t i, n = 0;
	int r;

	if (!gv_policy_is_waiting(diff))
		return 0;
	gv_buf_addstr(&text,
	    len ? ".gitvault.yaml: "
		: "no .gitvault.yaml is in force here; these accepted rules "
		  "still count: ");
	for (i = 0; i < diff->n; i++)
		if (diff->points[i].waits)
			gv_buf_addf(&text, "%s%s", n++ ? ", " : "",
			    diff->points[i].key);
	if (len)
		gv_buf_addf(&text, " %s not accepted and %s not count",
		    n == 1 ? "is" : "are", n == 1 ? "does" : "do");
	if (consent->why)
		gv_buf_addf(&text, " (%s)", consent->why);
	r = add_notice(repo, GV_CONSENT_POLICY, &text, policy, len);
	gv_buf_release(&text);
	return r;
}

int
gv_consent_warn(
    struct gv_repo *repo, const struct gv_consent *accepted, const char *why)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_addf(&text, GV_WISH_FILE " leaves nothing out (%s)",
	    accepted->why ? accepted->why : why);
	r = add_notice(repo, GV_CONSENT_IGNORE, &text, why, strlen(why));
	gv_buf_release(&text);
	return r < 0 ? r : 1;
}

int
gv_consent_note_files(struct gv_repo *repo, const struct gv_consent *accepted,
    const struct gv_buf *present)
{
	const struct gv_buf *was = &accepted->texts[GV_CONSENT_IGNORE];
	struct gv_buf text = GV_BUF_INIT;
	size_t n;
	int r = 0;

	if (gv_buf_equal(was, present))
		return 0;
	if (!gv_wish_file_is_looser(was, present))
		return 1;
	n = gv_wish_file_count_new(was, present);
	if (n)
		gv_buf_addf(&text,
		    GV_WISH_FILE ": %zu pattern%s not accepted and leave%s "
				 "nothing out",
		    n, n == 1 ? " is" : "s are", n == 1 ? "s" : "");
	else
		gv_buf_addstr(&text,
		    GV_WISH_FILE
		    ": include patterns were removed or moved, which is not "
		    "accepted; they still count");
	if (accepted->why)
		gv_buf_addf(&text, " (%s)", accepted->why);
	r = add_notice(
	    repo, GV_CONSENT_IGNORE, &text, present->p, present->len);
	gv_buf_release(&text);
	return r < 0 ? r : 1;
}

int
gv_consent_hold(struct gv_policy *policy, struct gv_repo *repo,
    const char *text, size_t len)
{
	struct gv_consent accepted;
	struct gv_policy_diff diff;
	char *before = gv_err_save();
	int r = gv_consent_load(&accepted, repo);

	if (r < 0) {
		gv_policy_release(policy);
		goto out;
	}
	if (accepted.from == GV_CONSENT_HERE)
		goto out;
	if ((r = gv_consent_compare(policy, &diff, &accepted, text, len)) < 0)
		goto out;
	if ((r = note(repo, &diff, &accepted, text, len)) < 0)
		gv_policy_release(policy);
out:
	gv_consent_release(&accepted);
	return gv_err_settle(r, before);
}

int
gv_consent_stand_in(
    struct gv_policy *policy, struct gv_repo *repo, const char *why)
{
	struct gv_consent accepted;
	struct gv_policy_diff diff;
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_consent_load(&accepted, repo);

	*policy = (struct gv_policy)GV_POLICY_INIT;
	if (r < 0 || accepted.from == GV_CONSENT_HERE)
		goto out;
	gv_buf_addf(&text, "%s; until the file is fixed, %s", why,
	    accepted.has[GV_CONSENT_POLICY]
		? "the accepted policy is in force"
		: "the defaults are in force, since no policy is accepted");
	if (accepted.why && strcmp(accepted.why, why) != 0)
		gv_buf_addf(&text, " (%s)", accepted.why);
	if ((r = gv_consent_compare(policy, &diff, &accepted, "", 0)) < 0)
		goto out;
	r = add_notice(repo, GV_CONSENT_POLICY, &text, why, strlen(why));
	repo->notices[GV_CONSENT_POLICY].is_unreadable = true;
	if (r < 0)
		gv_policy_release(policy);
	else
		r = 1;
out:
	gv_buf_release(&text);
	gv_consent_release(&accepted);
	return r;
}
