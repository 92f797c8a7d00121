#include "infra/pipeline.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * A text with variables: "${A}/runs/${B}|${C}". Of what stands between two '|'
 * the first counts whose variables are all there.
 */
struct system {
	const char *provider;
	const char *marker; /* a variable … */
	const char *value;  /* … that is this; NULL: that is set */
	const char *actor, *run, *job, *attempt, *commit, *ref, *environment,
	    *url;
};

/* GitLab and CircleCI count no attempts: each is a job of its own, with an id
 * that its address has.
 * Who takes the names of another over stands before it: Forgejo has those of
 * Gitea, and both those of GitHub. Argo CD and Tekton set none by themselves:
 * the hook and the task are to hand these on. */
static const struct system systems[] = {
	{ "forgejo", "FORGEJO_ACTIONS", "true", "${GITHUB_ACTOR}",
	    "${GITHUB_RUN_ID}|${GITHUB_RUN_NUMBER}", "${GITHUB_JOB}",
	    "${GITHUB_RUN_ATTEMPT}", "${GITHUB_SHA}", "${GITHUB_REF}", NULL,
	    "${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/"
	    "${GITHUB_RUN_NUMBER}" },
	{ "gitea", "GITEA_ACTIONS", "true", "${GITHUB_ACTOR}",
	    "${GITHUB_RUN_ID}|${GITHUB_RUN_NUMBER}", "${GITHUB_JOB}",
	    "${GITHUB_RUN_ATTEMPT}", "${GITHUB_SHA}", "${GITHUB_REF}", NULL,
	    "${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/"
	    "${GITHUB_RUN_NUMBER}" },
	{ "github", "GITHUB_ACTIONS", "true", "${GITHUB_ACTOR}",
	    "${GITHUB_RUN_ID}", "${GITHUB_JOB}", "${GITHUB_RUN_ATTEMPT}",
	    "${GITHUB_SHA}", "${GITHUB_REF}", NULL,
	    "${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/"
	    "${GITHUB_RUN_ID}" },
	{ "gitlab", "GITLAB_CI", "true", "${GITLAB_USER_LOGIN}",
	    "${CI_PIPELINE_ID}", "${CI_JOB_NAME}", NULL, "${CI_COMMIT_SHA}",
	    "refs/tags/${CI_COMMIT_TAG}|refs/heads/${CI_COMMIT_BRANCH}|"
	    "${CI_COMMIT_REF_NAME}",
	    "${CI_ENVIRONMENT_NAME}", "${CI_JOB_URL}|${CI_PIPELINE_URL}" },
	{ "azure", "TF_BUILD", "True", "${BUILD_REQUESTEDFOR}",
	    "${BUILD_BUILDID}", "${SYSTEM_JOBNAME}|${AGENT_JOBNAME}",
	    "${SYSTEM_JOBATTEMPT}", "${BUILD_SOURCEVERSION}",
	    "${BUILD_SOURCEBRANCH}", "${ENVIRONMENT_NAME}",
	    "${SYSTEM_COLLECTIONURI}${SYSTEM_TEAMPROJECT}/_build/"
	    "results?buildId=${BUILD_BUILDID}" },
	{ "circleci", "CIRCLECI", "true", "${CIRCLE_USERNAME}",
	    "${CIRCLE_WORKFLOW_ID}|${CIRCLE_BUILD_NUM}", "${CIRCLE_JOB}", NULL,
	    "${CIRCLE_SHA1}",
	    "refs/tags/${CIRCLE_TAG}|refs/heads/${CIRCLE_BRANCH}", NULL,
	    "${CIRCLE_BUILD_URL}" },
	{ "buildkite", "BUILDKITE", "true",
	    "${BUILDKITE_BUILD_CREATOR}|${BUILDKITE_BUILD_AUTHOR}",
	    "${BUILDKITE_BUILD_NUMBER}",
	    "${BUILDKITE_STEP_KEY}|${BUILDKITE_LABEL}|${BUILDKITE_JOB_ID}",
	    "${BUILDKITE_RETRY_COUNT}", "${BUILDKITE_COMMIT}",
	    "refs/tags/${BUILDKITE_TAG}|refs/heads/${BUILDKITE_BRANCH}", NULL,
	    "${BUILDKITE_BUILD_URL}" },
	{ "woodpecker", "CI", "woodpecker",
	    "${CI_PIPELINE_AUTHOR}|${CI_COMMIT_AUTHOR}",
	    "${CI_PIPELINE_NUMBER}", "${CI_STEP_NAME}|${CI_WORKFLOW_NAME}",
	    NULL, "${CI_COMMIT_SHA}", "${CI_COMMIT_REF}",
	    "${CI_PIPELINE_DEPLOY_TARGET}", "${CI_PIPELINE_URL}" },
	{ "drone", "DRONE", "true",
	    "${DRONE_BUILD_TRIGGER}|${DRONE_COMMIT_AUTHOR}",
	    "${DRONE_BUILD_NUMBER}", "${DRONE_STEP_NAME}|${DRONE_STAGE_NAME}",
	    NULL, "${DRONE_COMMIT_SHA}", "${DRONE_COMMIT_REF}",
	    "${DRONE_DEPLOY_TO}", "${DRONE_BUILD_LINK}" },
	{ "jenkins", "JENKINS_URL", NULL,
	    "${BUILD_USER_ID}|${BUILD_USER}|${CHANGE_AUTHOR}",
	    "${BUILD_NUMBER}", "${JOB_NAME}", NULL, "${GIT_COMMIT}",
	    "refs/tags/${TAG_NAME}|refs/heads/${BRANCH_NAME}|${GIT_BRANCH}",
	    NULL, "${RUN_DISPLAY_URL}|${BUILD_URL}" },
	{ "tekton", "TEKTON_PIPELINE_RUN", NULL, "${TEKTON_ACTOR}",
	    "${TEKTON_PIPELINE_RUN}", "${TEKTON_TASK_RUN}",
	    "${TEKTON_RETRY_COUNT}", "${TEKTON_COMMIT}", "${TEKTON_REF}",
	    "${TEKTON_ENVIRONMENT}", "${TEKTON_URL}" },
	{ "argocd", "ARGOCD_APP_NAME", NULL, "${ARGOCD_APP_PROJECT_NAME}",
	    "${ARGOCD_APP_REVISION}", "${ARGOCD_APP_NAME}", NULL,
	    "${ARGOCD_APP_REVISION}", "${ARGOCD_APP_SOURCE_TARGET_REVISION}",
	    "${ARGOCD_APP_NAMESPACE}", "${ARGOCD_APP_URL}" },
};

/* Append the text of one choice, up to `end`: whether its variables are there.
 */
static bool
expand(struct gv_buf *out, const struct gv_pipeline_look *l, const char *p,
    const char *end)
{
	char name[64];

	while (p < end) {
		const char *value, *close;

		if (strncmp(p, "${", 2) != 0) {
			gv_buf_addch(out, *p++);
			continue;
		}
		close = strchr(p, '}');
		if (close == NULL || (size_t)(close - p) >= sizeof(name))
			return false;
		memcpy(name, p + 2, (size_t)(close - p) - 2);
		name[close - p - 2] = '\0';
		value = l->get(l->ctx, name);
		if (value == NULL || *value == '\0')
			return false;
		gv_buf_addstr(out, value);
		p = close + 1;
	}
	return true;
}

/* `of` becomes the one that counts. */
static int
find(char **out, struct gv_buf *of, const struct gv_pipeline_look *l,
    const char *choices)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = 0;

	while (choices) {
		const char *end = choices + strcspn(choices, "|");

		gv_buf_reset(&text);
		if (expand(&text, l, choices, end)) {
			*out = gv_buf_take(&text);
			gv_buf_reset(of);
			gv_buf_add(of, choices, (size_t)(end - choices));
			r = *out ? gv_buf_check(of) : GV_ENOMEM;
			break;
		}
		choices = *end ? end + 1 : NULL;
	}
	gv_buf_release(&text);
	return r;
}

/* An address may have a password in it, which is no part of a record. */
static void
drop_password(char *url)
{
	char *host = strstr(url, "://"), *at;
	size_t n;

	if (host == NULL)
		return;
	host += 3;
	n = strcspn(host, "/?#");
	for (at = host + n; at > host && at[-1] != '@'; at--)
		;
	if (at > host)
		memmove(host, at, strlen(at) + 1);
}

bool
gv_pipeline_is_url(const char *text)
{
	return strncasecmp(text, "https://", 8) == 0 ||
	    strncasecmp(text, "http://", 7) == 0;
}

/* Whoever reads a record may follow it, so it leads to nothing else. */
static void
check_url(struct gv_pipeline *p)
{
	if (p->url && !gv_pipeline_is_url(p->url)) {
		free(p->url);
		p->url = NULL;
		p->is_odd = true;
	}
	if (p->url)
		drop_password(p->url);
}

static bool
is_there(const struct system *s, const struct gv_pipeline_look *l)
{
	const char *value = l->get(l->ctx, s->marker);

	return value && *value &&
	    (s->value == NULL || !strcmp(value, s->value));
}

static int
judge(char **text, const struct gv_buf *of, const struct gv_pipeline_look *l)
{
	int r = *text && l->take ? l->take(l->ctx, of->p, *text) : 1;

	if (r == 0) {
		free(*text);
		*text = NULL;
	}
	return r < 0 ? r : 0;
}

static int
fill(struct gv_pipeline *p, const struct system *s,
    const struct gv_pipeline_look *l)
{
	const struct {
		char **out;
		const char *choices;
	} all[] = {
		{ &p->actor, s->actor },
		{ &p->run, s->run },
		{ &p->job, s->job },
		{ &p->attempt, s->attempt },
		{ &p->commit, s->commit },
		{ &p->ref, s->ref },
		{ &p->environment, s->environment },
		{ &p->url, s->url },
	};
	struct gv_buf of = GV_BUF_INIT;
	size_t i;
	int r = 0;

	p->provider = s->provider;
	for (i = 0; r == 0 && i < sizeof(all) / sizeof(*all); i++) {
		r = find(all[i].out, &of, l, all[i].choices);
		if (all[i].out == &p->url)
			check_url(p);
		if (r == 0)
			r = judge(all[i].out, &of, l);
	}
	gv_buf_release(&of);
	return r;
}

int
gv_pipeline_detect(struct gv_pipeline *out, const struct gv_pipeline_look *l)
{
	struct gv_pipeline p = { .provider = NULL };
	size_t i;
	int r = 0;

	for (i = 0; i < sizeof(systems) / sizeof(*systems); i++)
		if (is_there(&systems[i], l)) {
			r = fill(&p, &systems[i], l);
			break;
		}
	if (r < 0)
		gv_pipeline_release(&p);
	*out = p;
	return r;
}

void
gv_pipeline_release(struct gv_pipeline *p)
{
	if (p == NULL)
		return;
	free(p->actor);
	free(p->run);
	free(p->job);
	free(p->attempt);
	free(p->commit);
	free(p->ref);
	free(p->environment);
	free(p->url);
	memset(p, 0, sizeof(*p));
}
