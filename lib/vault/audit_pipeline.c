#include <stddef.h>

#include "base/buf.h"
#include "sys/env.h"
#include "vault/audit_internal.h"

/*
 * By what variable each service is known, and where it says for whom it works:
 * the first of the two that is set. Those that pass for another one stand
 * before it. It is what the environment says and proves nothing.
 */
static const struct {
	const char *name, *is, *who, *or_who;
} services[] = {
	{ "gitea", "GITEA_ACTIONS", "GITHUB_ACTOR", NULL },
	{ "forgejo", "FORGEJO_ACTIONS", "GITHUB_ACTOR", NULL },
	{ "github", "GITHUB_ACTIONS", "GITHUB_ACTOR",
	    "GITHUB_TRIGGERING_ACTOR" },
	{ "gitlab", "GITLAB_CI", "GITLAB_USER_LOGIN", "GITLAB_USER_EMAIL" },
	{ "azure", "TF_BUILD", "BUILD_REQUESTEDFOREMAIL",
	    "BUILD_REQUESTEDFOR" },
	{ "circleci", "CIRCLECI", "CIRCLE_USERNAME", "CIRCLE_PR_USERNAME" },
	{ "buildkite", "BUILDKITE", "BUILDKITE_BUILD_CREATOR_EMAIL",
	    "BUILDKITE_BUILD_CREATOR" },
	{ "woodpecker", "CI_PIPELINE_NUMBER", "CI_COMMIT_AUTHOR", NULL },
	{ "drone", "DRONE", "DRONE_BUILD_TRIGGER", "DRONE_COMMIT_AUTHOR" },
	{ "jenkins", "JENKINS_URL", "BUILD_USER_ID", "BUILD_USER" },
	{ "argocd", "ARGOCD_APP_NAME", "ARGOCD_APP_NAME", NULL },
	/* of a push, on the server */
	{ "gitlab-push", "GL_REPOSITORY", "GL_USERNAME", "GL_ID" },
	{ "gitea-push", "GITEA_PUSHER_NAME", "GITEA_PUSHER_NAME", NULL },
	{ "gitolite-push", "GL_USER", "GL_USER", NULL },
	{ "http-push", "REMOTE_USER", "REMOTE_USER", NULL },
};

void
gv_audit_pipeline_add(struct gv_buf *out)
{
	const char *who;
	size_t i;

	for (i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		if (gv_env_get(services[i].is) == NULL)
			continue;
		who = gv_env_get(services[i].who);
		if (who == NULL && services[i].or_who)
			who = gv_env_get(services[i].or_who);
		gv_buf_addf(out, "%s%s%s", services[i].name, who ? " " : "",
		    who ? who : "");
		return;
	}
}
