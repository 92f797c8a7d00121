#include "project/project.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "config/policy.h"
#include "infra/makeup.h"
#include "repo/config.h"

#define BEGIN "vault."

const char *const gv_project_keys[] = { "client", "name", "parts", "phase",
	"related", "stack", "tags", NULL };

/* ---- settings ------------------------------------------------------------ */

bool
gv_project_is_own(const struct gv_config_entry *e)
{
	return e->scope != GV_CONFIG_LOCAL && e->scope != GV_CONFIG_WORKTREE;
}

const char *
gv_project_setting(
    const struct gv_config *config, const char *path, const char *key)
{
	const size_t begin = sizeof(BEGIN) - 1, n = strlen(path);
	size_t i;

	for (i = config->n; i > 0; i--) {
		const struct gv_config_entry *e = &config->entries[i - 1];

		if (strncmp(e->key, BEGIN, begin) != 0 ||
		    strncmp(e->key + begin, path, n) != 0 ||
		    e->key[begin + n] != '.' ||
		    strcmp(e->key + begin + n + 1, key) != 0 ||
		    !gv_project_is_own(e))
			continue;
		return e->value && *e->value ? e->value : NULL;
	}
	return NULL;
}

char *
gv_project_key_of_id(const struct gv_config *config, const char *id)
{
	static const char end[] = ".id";
	const size_t begin = sizeof(BEGIN) - 1;
	size_t i;

	for (i = config->n; i > 0; i--) {
		const struct gv_config_entry *e = &config->entries[i - 1];
		const size_t n = strlen(e->key);

		if (e->value && strcmp(e->value, id) == 0 &&
		    strncmp(e->key, BEGIN "/", begin + 1) == 0 &&
		    n > begin + sizeof(end) &&
		    strcmp(e->key + n - (sizeof(end) - 1), end) == 0 &&
		    gv_project_is_own(e))
			return strndup(
			    e->key + begin, n - begin - (sizeof(end) - 1));
	}
	return NULL;
}

/* ---- lists --------------------------------------------------------------- */

/* Cut a copy at commas: "web, shop". */
static int
split(const char **out, size_t *n, char **copy, const char *text)
{
	char *p, *end;

	if ((*copy = strdup(text)) == NULL)
		return gv_err_nomem();
	for (p = *copy; p && *n < GV_PROJECT_TEXTS; p = end) {
		size_t len;

		if ((end = strchr(p, ',')) != NULL)
			*end++ = '\0';
		p += strspn(p, " \t");
		for (len = strlen(p); len > 0 && p[len - 1] == ' '; len--)
			p[len - 1] = '\0';
		if (*p)
			out[(*n)++] = p;
	}
	return 0;
}

static void
copy_texts(const char **out, size_t *n, const struct gv_policy_texts *texts)
{
	for (; *n < texts->n && *n < GV_PROJECT_TEXTS; ++*n)
		out[*n] = texts->items[*n];
}

/* ---- folders ------------------------------------------------------------- */

static const char *
last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* Whether a configured path, which may begin with "~/", is that folder. */
static bool
is_same_dir(const char *value, const char *home, const char *dir)
{
	size_t n = strlen(value);

	while (n > 1 && value[n - 1] == '/')
		n--;
	if (value[0] == '~' && value[1] == '/') {
		const size_t len = home ? strlen(home) : 0;

		if (len == 0 || strncmp(dir, home, len) != 0)
			return false;
		dir += len;
		value++;
		n--;
	}
	return strncmp(dir, value, n) == 0 && dir[n] == '\0';
}

static bool
is_root(const struct gv_project_facts *facts, const char *dir)
{
	size_t i;

	for (i = 0; i < facts->config->n; i++) {
		const struct gv_config_entry *e = &facts->config->entries[i];

		if (strcmp(e->key, "vault.projectroot") == 0 && e->value &&
		    gv_project_is_own(e) &&
		    is_same_dir(e->value, facts->home, dir))
			return true;
	}
	return false;
}

/* The folder that it is in, as many people sort their work; not one that all
 * projects are in. */
static int
take_client(struct gv_project *out, const struct gv_project_facts *facts)
{
	const char *slash = strrchr(facts->path, '/');
	char *dir;

	if (slash == NULL || slash == facts->path)
		return 0;
	dir = strndup(facts->path, (size_t)(slash - facts->path));
	if (dir == NULL)
		return gv_err_nomem();
	if (strrchr(dir, '/') == dir || is_root(facts, dir) ||
	    (facts->home && strcmp(facts->home, dir) == 0)) {
		free(dir);
		return 0;
	}
	out->texts[0] = dir;
	out->client = last_part(dir);
	return 0;
}

/* ---- all of it ----------------------------------------------------------- */

static const char *
choose(const struct gv_project_facts *facts, const char *path, const char *key,
    const char *said)
{
	const char *own = gv_project_setting(facts->config, path, key);

	return own ? own : said;
}

static int
describe(struct gv_project *out, const struct gv_project_facts *facts,
    const char *path)
{
	static const struct gv_policy_project nothing = { .name = NULL };
	const struct gv_policy_project *said =
	    facts->said ? facts->said : &nothing;
	struct {
		const char *key, **out;
		size_t *n;
		const struct gv_policy_texts *said;
	} lists[] = {
		{ "stack", out->stack, &out->n_stack, &said->stack },
		{ "tags", out->tags, &out->n_tags, &said->tags },
		{ "parts", out->parts, &out->n_parts, &said->parts },
		{ "related", out->related, &out->n_related, &said->related },
	};
	size_t i;
	int r;

	out->name = choose(facts, path, "name", said->name);
	out->client = choose(facts, path, "client", said->client);
	out->phase = choose(facts, path, "phase", said->phase);
	if (out->name == NULL)
		out->name = last_part(facts->path);
	if (out->client == NULL && (r = take_client(out, facts)) < 0)
		return r;
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const char *own = choose(facts, path, lists[i].key, NULL);

		if (own == NULL)
			copy_texts(lists[i].out, lists[i].n, lists[i].said);
		else if ((r = split(lists[i].out, lists[i].n,
			      &out->texts[1 + i], own)) < 0)
			return r;
	}
	if (out->n_stack == 0 && facts->makeup)
		out->n_stack = gv_makeup_stack(out->stack, facts->makeup);
	return 0;
}

/* Settings are found by the path, and after a move by the id. */
int
gv_project_describe(
    struct gv_project *out, const struct gv_project_facts *facts)
{
	char *key = NULL;
	int r;

	memset(out, 0, sizeof(*out));
	if (facts->id &&
	    gv_project_setting(facts->config, facts->path, "id") == NULL)
		key = gv_project_key_of_id(facts->config, facts->id);
	r = describe(out, facts, key ? key : facts->path);
	free(key);
	return r;
}

void
gv_project_release(struct gv_project *project)
{
	size_t i;

	for (i = 0; i < sizeof(project->texts) / sizeof(project->texts[0]); i++)
		free(project->texts[i]);
	memset(project, 0, sizeof(*project));
}
