#include "secret/consent_accept.h"

#include <stdlib.h>

#include "audit/audit.h"
#include "base/err.h"
#include "config/policy.h"
#include "policy/consent_internal.h"
#include "repo/oid.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "secret/key.h"

/* Refuse to sign a policy that cannot be read. */
static int
check(const struct gv_consent *consent)
{
	const struct gv_buf *text = &consent->texts[GV_CONSENT_POLICY];
	struct gv_policy policy = GV_POLICY_INIT;
	int r = gv_policy_parse(
	    &policy, gv_consent_files[GV_CONSENT_POLICY], text->p, text->len);

	gv_policy_release(&policy);
	return r;
}

/* Name the contents by their ids in git, so that readers of the audit can find
 * them. */
static int
name_contents(struct gv_buf *out, const struct gv_consent *consent)
{
	int i;

	for (i = 0; i < GV_CONSENT_FILES; i++) {
		char hex[GV_OID_HEX + 1];
		struct gv_oid oid;

		if (!consent->has[i])
			continue;
		gv_consent_name(&oid, consent, (enum gv_consent_file)i);
		gv_oid_format(hex, &oid);
		gv_buf_addf(out, "%s%s %s", out->len ? ", " : "",
		    gv_consent_files[i], hex);
	}
	if (out->len == 0)
		gv_buf_addstr(out, "no policy");
	return gv_buf_check(out);
}

/* Forget the notices of this command: they are about the policy before it was
 * accepted. */
static void
forget_notices(struct gv_repo *repo)
{
	int i;

	for (i = 0; i < GV_REPO_NOTICES; i++) {
		free(repo->notices[i].text);
		repo->notices[i].text = NULL;
	}
}

int
gv_consent_accept(const struct gv_consent *consent, struct gv_repo *repo,
    struct gv_safe *safe, int64_t now)
{
	struct gv_audit_event e = { .what = GV_AUDIT_POLICY, .time = now };
	struct gv_keyring_file files[GV_CONSENT_FILES];
	struct gv_buf names = GV_BUF_INIT;
	int r;

	if ((r = check(consent)) < 0)
		return r;
	if (gv_config_get(&repo->config, GV_CONSENT_PIN))
		return gv_err(GV_EREFUSED,
		    GV_CONSENT_PIN
		    " decides which policy this clone accepts; to accept one "
		    "here: git config --unset " GV_CONSENT_PIN);
	if ((r = name_contents(&names, consent)) < 0)
		goto out;
	e.reason = names.p;
	if (gv_safe_keyring(safe)) {
		r = gv_key_accept(
		    safe, files, gv_consent_list(files, consent), &e);
		goto out;
	}
	if ((r = gv_audit_tell(repo, safe, &e)) < 0)
		r = gv_err_in(r, "nothing is accepted");
	else
		r = gv_consent_record(consent, repo);
out:
	if (r == 0)
		forget_notices(repo);
	gv_buf_release(&names);
	return r;
}
