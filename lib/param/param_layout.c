#include <string.h>

#include "base/err.h"
#include "param/param_internal.h"

/* Layouts that are recognised without a line of configuration, the most usual
 * ones first. */

const char *const gv_param_dialects[] = { "own", "helm", "hiera5", NULL };

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define DIRS                                                                   \
	LIST("{service}/", "services/{service}/", "apps/{service}/",           \
	    "charts/{service}/", "helm/{service}/", "deploy/{service}/", "",   \
	    "chart/", "helm/", "terraform/", "infra/", "src/main/resources/",  \
	    "ansible/", "deploy/", "config/")

static const char config_base[] =
    "{dir}config/base.{ext}|{dir}config/default.{ext}|{dir}config/common.{ext}";
static const char config_service[] =
    "{dir}config/{service}/{env}.{ext}|{dir}config/{service}.{env}.{ext}|"
    "{dir}config/{service}-{env}.{ext}";
static const char values_env[] =
    "{dir}values-{env}.{ext}|{dir}values.{env}.{ext}|"
    "{dir}{env}.values.{ext}|{dir}values/{env}.{ext}|"
    "{dir}environments/{env}.{ext}";

/* Where there is a folder, Ansible does not read the file of its name, and the
 * files in it by their names. */
static const char vars_all[] =
    "{dir}group_vars/all/main.{ext}|{dir}group_vars/all/vars.{ext}|"
    "{dir}group_vars/all.{ext}";
static const char vars_inventory[] =
    "{dir}inventories/{env}/group_vars/all/main.{ext}|"
    "{dir}inventories/{env}/group_vars/all.{ext}";
static const char vars_env[] =
    "{dir}group_vars/{env}/main.{ext}|{dir}group_vars/{env}/vars.{ext}|"
    "{dir}group_vars/{env}.{ext}";
static const char application[] =
    "{dir}application.{ext}|{dir}application.properties";
static const char application_env[] =
    "{dir}application-{env}.{ext}|{dir}application-{env}.properties";
static const char tfvars_env[] =
    "{dir}{env}.tfvars|{dir}env/{env}.tfvars|{dir}envs/{env}.tfvars|"
    "{dir}environments/{env}.tfvars|{dir}vars/{env}.tfvars|"
    "{dir}tfvars/{env}.tfvars|{dir}{env}/terraform.tfvars";

const struct gv_param_layout gv_param_layout_table[] = {
	{ "config", GV_PARAM_OWN, false, false, DIRS, LIST(config_base),
	    LIST(config_base, "{dir}config/{provider}.{ext}",
		"{dir}config/{region}.{ext}", "{dir}config/{env}.{ext}",
		"{dir}config/{env}.{provider}.{ext}",
		"{dir}config/{service}/base.{ext}|{dir}config/{service}.{ext}",
		config_service, "{dir}config/local.{ext}") },
	{ "values", GV_PARAM_HELM, false, false, DIRS,
	    LIST("{dir}values.{ext}"),
	    LIST("{dir}values.{ext}", "{dir}values-{provider}.{ext}",
		values_env, "{dir}values-{env}-{provider}.{ext}") },
	{ "hiera", GV_PARAM_HIERA, false, false, LIST(""), LIST("hiera.yaml"),
	    LIST("hiera.yaml") },
	{ "group_vars", GV_PARAM_OWN, true, false, DIRS,
	    LIST("{dir}group_vars/all.{ext}|{dir}group_vars/all/main.{ext}|"
		 "{dir}group_vars/all/vars.{ext}|"
		 "{dir}inventories/{env}/group_vars/all.{ext}"),
	    LIST(vars_all, "?{dir}group_vars/all/vars.{ext}",
		"?{dir}group_vars/all/vault.{ext}", vars_inventory,
		"?{dir}inventories/{env}/group_vars/all/vault.{ext}", vars_env,
		"?{dir}group_vars/{env}/vars.{ext}",
		"?{dir}group_vars/{env}/vault.{ext}",
		"{dir}group_vars/{service}.{ext}") },
	{ "application", GV_PARAM_OWN, false, true, DIRS, LIST(application),
	    LIST(application, "?{dir}application.properties", application_env,
		"?{dir}application-{env}.properties",
		"{dir}application-{provider}.{ext}") },
	{ "tfvars", GV_PARAM_OWN, true, false, DIRS,
	    LIST("{dir}variables.tf|{dir}terraform.tfvars|{dir}vars.tf"),
	    LIST("{dir}variables.tf|{dir}vars.tf", "{dir}terraform.tfvars",
		"?{dir}terraform.tfvars.json", tfvars_env) },
	{ "env", GV_PARAM_OWN, false, false, DIRS,
	    LIST("{dir}.env|{dir}.env.{env}"),
	    LIST("{dir}.env", "{dir}.env.{env}", "{dir}.env.local",
		"{dir}.env.{env}.local") },
	{ "overlays", GV_PARAM_OWN, false, false, DIRS,
	    LIST("{dir}base/config.{ext}|{dir}base/values.{ext}|"
		 "{dir}base/settings.{ext}"),
	    LIST("{dir}base/config.{ext}|{dir}base/values.{ext}|"
		 "{dir}base/settings.{ext}",
		"{dir}overlays/{provider}/config.{ext}|"
		"{dir}overlays/{provider}/values.{ext}",
		"{dir}overlays/{env}/config.{ext}|"
		"{dir}overlays/{env}/values.{ext}|"
		"{dir}overlays/{env}/settings.{ext}") },
	{ .name = NULL },
};

const char *const gv_param_layouts[] = { "config", "values", "hiera",
	"group_vars", "application", "tfvars", "env", "overlays", NULL };

const char *const gv_param_exts[] = { "yaml", "yml", "json", "toml", NULL };

/* ---- names --------------------------------------------------------------- */

/* A value of the query stands for one name: it must not lead elsewhere. */
bool
gv_param_is_name(const char *text)
{
	return *text && *text != '.' && strpbrk(text, "/\\\n") == NULL;
}

/* What a word in braces stands for; NULL: nothing was asked for. */
static const char *
word(const struct gv_param_private *p, const char *name, size_t len,
    const char *dir, const char *ext)
{
	const struct gv_param_query *q = &p->query;
	const struct {
		const char *name, *text;
	} words[] = { { "dir", dir }, { "ext", ext }, { "env", q->env },
		{ "service", q->service }, { "provider", q->provider },
		{ "region", q->region }, { "host", q->host },
		{ "tier", p->tier } };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].name) == len &&
		    memcmp(words[i].name, name, len) == 0)
			return i < 2 || words[i].text == NULL ||
				gv_param_is_name(words[i].text)
			    ? words[i].text
			    : NULL;
	return NULL;
}

/* Write a name of a pattern. False: it has a word that was not asked for. */
static bool
fill(struct gv_buf *out, const struct gv_param_private *p, const char *from,
    size_t len, const char *dir, const char *ext)
{
	const char *end = from + len, *close, *text;

	gv_buf_reset(out);
	while (from < end) {
		if (*from != '{') {
			gv_buf_addch(out, *from++);
			continue;
		}
		close = memchr(from, '}', (size_t)(end - from));
		text = close
		    ? word(p, from + 1, (size_t)(close - from - 1), dir, ext)
		    : NULL;
		if (text == NULL)
			return false;
		gv_buf_addstr(out, text);
		from = close + 1;
	}
	return true;
}

int
gv_param_expand(struct gv_buf *out, struct gv_buf *first,
    struct gv_param_private *p, const char *pattern, const char *dir)
{
	size_t len, i;
	bool has_ext;

	if (first)
		gv_buf_reset(first);
	pattern += *pattern == '?';
	for (;; pattern += len + 1) {
		len = strcspn(pattern, "|");
		has_ext = memmem(pattern, len, "{ext}", 5) != NULL;
		for (i = 0; gv_param_exts[i] && (i == 0 || has_ext); i++) {
			if (!fill(out, p, pattern, len, dir, gv_param_exts[i]))
				break;
			if (gv_buf_check(out) < 0)
				return GV_ENOMEM;
			if (gv_param_has_layer(p, out->p))
				return 1;
			if (first && first->len == 0)
				gv_buf_addstr(first, out->p);
		}
		if (pattern[len] == '\0')
			return 0;
	}
}

/* ---- layouts ------------------------------------------------------------- */

/* Whether a layout is there: 1 with its folder, 0, or a failure. */
static int
fits(struct gv_param_private *p, const struct gv_param_layout *l,
    const char **dir)
{
	struct gv_buf name = GV_BUF_INIT, folder = GV_BUF_INIT;
	size_t i, k;
	int r = 0;

	for (i = 0; r == 0 && l->dirs[i]; i++) {
		if (!fill(&folder, p, l->dirs[i], strlen(l->dirs[i]), "", ""))
			continue;
		for (k = 0; r == 0 && l->anchors[k]; k++)
			r = gv_param_expand(
			    &name, NULL, p, l->anchors[k], folder.p);
	}
	if (r == 1 &&
	    (*dir = gv_arena_copy(&p->arena, folder.p, folder.len)) == NULL)
		r = GV_ENOMEM;
	gv_buf_release(&name);
	gv_buf_release(&folder);
	return r;
}

static int
refuse_layout(const struct gv_param_private *p)
{
	const struct gv_policy_configs *sets = &p->pool->policy.configs;
	struct gv_buf names = GV_BUF_INIT;
	size_t i;
	int r;

	if (p->query.layout)
		return gv_err(GV_ENOTFOUND,
		    gv_policy_config(sets, p->query.layout)
			? "no layer of the set '%s' exists for what was asked"
			: "there are no files of the layout '%s'",
		    p->query.layout);
	if (sets->n == 0)
		return gv_err(GV_ENOTFOUND,
		    "no layered configuration is recognised here: there is no "
		    "config/base.yaml, values.yaml, hiera.yaml, "
		    "group_vars/all.yml, application.yml, variables.tf, .env or "
		    "base/config.yaml; for one in the folder of a service, add "
		    "--service; to declare other files: git vault help "
		    "configuration");
	for (i = 0; i < sets->n; i++)
		gv_buf_addf(
		    &names, "%s'%s'", i ? ", " : "", sets->items[i].name);
	if ((r = gv_buf_check(&names)) == 0)
		r = gv_err(GV_ENOTFOUND,
		    ".gitvault.yaml: no layer of the set%s %s exists",
		    sets->n > 1 ? "s" : "", names.p);
	gv_buf_release(&names);
	return r;
}

/* Have the first set that fits be the layout: 1, 0 or a failure. Sets of the
 * accepted policy alone come last. */
static int
find_set(struct gv_param_private *p, const struct gv_policy_config **set,
    const char **dir)
{
	const struct gv_policy *policy = &p->pool->policy;
	const size_t n = policy->configs.n;
	const char *wanted = p->query.layout;
	size_t i;
	int r;

	for (i = 0; i < n + policy->configs_also.n; i++) {
		const struct gv_policy_config *one = i < n
		    ? &policy->configs.items[i]
		    : &policy->configs_also.items[i - n];

		if ((wanted && strcmp(one->name, wanted) != 0) ||
		    (i >= n && gv_policy_config(&policy->configs, one->name)))
			continue;
		if ((r = gv_param_use_set(p, one)) < 0 ||
		    (r = fits(p, &p->of_set, dir)) < 0)
			return r;
		*set = one;
		p->layout = &p->of_set;
		if (r || wanted)
			return r;
	}
	*set = NULL;
	return 0;
}

int
gv_param_find_layout(struct gv_param_private *p,
    const struct gv_policy_config **set, const char **dir)
{
	const struct gv_param_layout *l;
	const char *wanted = p->query.layout;
	int r;

	*set = NULL;
	if ((r = find_set(p, set, dir)) != 0)
		return r < 0 ? r : 0;
	p->store = NULL;
	/* what is declared is not guessed */
	if (*set || (wanted == NULL && p->pool->policy.configs.n))
		return refuse_layout(p);
	for (l = gv_param_layout_table; l->name; l++) {
		if (wanted && strcmp(l->name, wanted) != 0)
			continue;
		if ((r = fits(p, l, dir)) < 0)
			return r;
		if (r) {
			p->layout = l;
			return 0;
		}
	}
	return refuse_layout(p);
}
