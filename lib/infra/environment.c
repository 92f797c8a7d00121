#include "infra/environment.h"

#include <string.h>
#include <strings.h>

struct span {
	const char *p;
	size_t len;
};

#define WORD(text)                                                             \
	{                                                                      \
		(text), sizeof(text) - 1                                       \
	}

/* How much a word proves. */
enum strength {
	STRONG, /* an environment wherever it stands alone */
	WEAK,   /* means much else, too: only in certain places */
	PROVEN, /* only where other files of the tree prove it */
	NOTHING /* files of several environments differ in it as well, but it
		   is no environment */
};

static const struct {
	struct span word;
	const char *name;
	enum strength strength;
} spellings[] = {
	{ WORD("dev"), "dev", STRONG },
	{ WORD("devel"), "dev", STRONG },
	{ WORD("development"), "dev", STRONG },
	{ WORD("test"), "test", WEAK },
	{ WORD("tst"), "test", STRONG },
	{ WORD("testing"), "test", WEAK },
	{ WORD("qa"), "qa", STRONG },
	{ WORD("uat"), "uat", STRONG },
	{ WORD("staging"), "staging", STRONG },
	{ WORD("stage"), "staging", STRONG },
	{ WORD("stg"), "staging", STRONG },
	{ WORD("preprod"), "preprod", STRONG },
	{ WORD("preproduction"), "preprod", STRONG },
	{ WORD("preprd"), "preprod", STRONG },
	{ WORD("nonprod"), "nonprod", STRONG },
	{ WORD("nonproduction"), "nonprod", STRONG },
	{ WORD("nonprd"), "nonprod", STRONG },
	{ WORD("notprod"), "nonprod", STRONG },
	{ WORD("notproduction"), "nonprod", STRONG },
	{ WORD("prod"), "prod", STRONG },
	{ WORD("prd"), "prod", STRONG },
	{ WORD("production"), "prod", STRONG },
	{ WORD("dr"), "dr", WEAK },
	{ WORD("demo"), "demo", WEAK },
	{ WORD("sandbox"), "sandbox", WEAK },
	{ WORD("integration"), "integration", PROVEN },
	{ WORD("int"), "integration", PROVEN },
	{ WORD("acceptance"), "acceptance", PROVEN },
	{ WORD("ephemeral"), "ephemeral", PROVEN },
	{ WORD("preview"), "preview", PROVEN },
	{ WORD("canary"), "canary", PROVEN },
	{ WORD("perf"), "perf", PROVEN },
	{ WORD("ci"), "ci", PROVEN },
	{ WORD("local"), NULL, NOTHING },
	{ WORD("eu"), NULL, NOTHING },
	{ WORD("us"), NULL, NOTHING },
};

#define SPELLINGS (sizeof(spellings) / sizeof(spellings[0]))

/* Folders whose members are environments. */
static const struct {
	struct span word;
	enum gv_environment_home home;
} homes[] = {
	{ WORD("env"), GV_ENVIRONMENT_ENVS },
	{ WORD("envs"), GV_ENVIRONMENT_ENVS },
	{ WORD("environment"), GV_ENVIRONMENT_ENVS },
	{ WORD("environments"), GV_ENVIRONMENT_ENVS },
	{ WORD("tfvars"), GV_ENVIRONMENT_ENVS },
	{ WORD("overlay"), GV_ENVIRONMENT_OVERLAYS },
	{ WORD("overlays"), GV_ENVIRONMENT_OVERLAYS },
	{ WORD("stage"), GV_ENVIRONMENT_STAGES },
	{ WORD("stages"), GV_ENVIRONMENT_STAGES },
	{ WORD("stack"), GV_ENVIRONMENT_STACKS },
	{ WORD("stacks"), GV_ENVIRONMENT_STACKS },
	{ WORD("workspace"), GV_ENVIRONMENT_WORKSPACES },
	{ WORD("workspaces"), GV_ENVIRONMENT_WORKSPACES },
	{ WORD("terraform.tfstate.d"), GV_ENVIRONMENT_STATES },
	{ WORD("inventory"), GV_ENVIRONMENT_INVENTORIES },
	{ WORD("inventories"), GV_ENVIRONMENT_INVENTORIES },
	{ WORD("group_vars"), GV_ENVIRONMENT_GROUP_VARS },
	{ WORD("host_vars"), GV_ENVIRONMENT_GROUP_VARS },
	{ WORD("namespace"), GV_ENVIRONMENT_NAMESPACES },
	{ WORD("namespaces"), GV_ENVIRONMENT_NAMESPACES },
	{ WORD("cluster"), GV_ENVIRONMENT_CLUSTERS },
	{ WORD("clusters"), GV_ENVIRONMENT_CLUSTERS },
};

/* What the name of a file of settings begins or ends with. */
static const char *const settings[] = { "env", "values", "appsettings",
	"compose", "docker", "tfvars", NULL };

/* What stands between an environment and the end of a name. */
static const char *const middles[] = { "auto", "local", "override", "enc",
	"sops", "tfvars", "yaml", "yml", "json", NULL };

static bool
is_one_of(const char *const *words, struct span s)
{
	for (; *words; words++)
		if (strlen(*words) == s.len &&
		    strncasecmp(*words, s.p, s.len) == 0)
			return true;
	return false;
}

static bool
is_between_words(char c)
{
	return c == '.' || c == '-' || c == '_' || c == ' ';
}

/* Prefixes that make another environment of the word after them: "non-prod" is
 * never prod. */
static const char *const negations[] = { "non", "not", "pre", NULL };

#define NEGATION 3 /* letters of each prefix */

/* Without a call: it is asked of each word of each path. */
static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whether the two are equal, apart from a separator after a prefix: non-prod.
 */
static bool
is_spelled(struct span word, struct span s)
{
	size_t i, n = 0;

	for (i = 0; i < s.len; i++) {
		if (is_between_words(s.p[i]) && n == NEGATION &&
		    is_one_of(negations, (struct span){ s.p, n }))
			continue;
		if (n == word.len || word.p[n] != lower(s.p[i]))
			return false;
		n++;
	}
	return n == word.len;
}

/* Its number, or SPELLINGS for another word. */
static size_t
find(struct span s)
{
	const char first = s.len > 0 ? lower(*s.p) : 0;
	size_t i;

	for (i = 0; i < SPELLINGS; i++)
		if (*spellings[i].word.p == first &&
		    spellings[i].word.len <= s.len &&
		    is_spelled(spellings[i].word, s))
			break;
	return i;
}

static const char *
name_of(struct span s, bool may_be_weak)
{
	size_t i = find(s);

	return i < SPELLINGS &&
		(spellings[i].strength == STRONG ||
		    (may_be_weak && spellings[i].strength == WEAK))
	    ? spellings[i].name
	    : NULL;
}

bool
gv_environment_is_word(const char *word, size_t len)
{
	return find((struct span){ word, len }) < SPELLINGS;
}

enum gv_environment_home
gv_environment_home_of(const char *folder, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(homes) / sizeof(homes[0]); i++)
		if (homes[i].word.len == len &&
		    strncasecmp(homes[i].word.p, folder, len) == 0)
			return homes[i].home;
	return GV_ENVIRONMENT_NO_HOME;
}

/* A folder that says so by its name alone, without a look at the others. */
static bool
is_home(struct span folder)
{
	enum gv_environment_home home =
	    gv_environment_home_of(folder.p, folder.len);

	return home != GV_ENVIRONMENT_NO_HOME &&
	    home != GV_ENVIRONMENT_NAMESPACES &&
	    home != GV_ENVIRONMENT_CLUSTERS;
}

/* The part of a path in front of `end`; false where there is none. */
static bool
part_before(struct span *part, const char *path, const char *end)
{
	while (end > path && end[-1] == '/')
		end--;
	part->p = end;
	while (part->p > path && part->p[-1] != '/')
		part->p--;
	part->len = (size_t)(end - part->p);
	return part->len > 0;
}

/* The start of the word that ends at `end`. */
static const char *
word_start(struct span s, const char *end)
{
	while (end > s.p && !is_between_words(end[-1]))
		end--;
	return end;
}

/* The same, with a prefix such as "non-". */
static const char *
start_of(struct span s, const char *end)
{
	const char *p = word_start(s, end), *before;

	if (p == s.p ||
	    find((struct span){ p, (size_t)(end - p) }) == SPELLINGS)
		return p;
	before = word_start(s, p - 1);
	return is_one_of(
		   negations, (struct span){ before, (size_t)(p - 1 - before) })
	    ? before
	    : p;
}

/* The n-th word from the end, 0 being the last; empty where there is none. */
static struct span
word_from_end(struct span s, size_t n)
{
	const char *end = s.p + s.len, *p;

	for (;; end = p - 1) {
		p = start_of(s, end);
		if (n-- == 0)
			return (struct span){ p, (size_t)(end - p) };
		if (p == s.p)
			return (struct span){ p, 0 };
	}
}

static struct span
first_word(struct span s)
{
	size_t len = 0;

	while (s.len && is_between_words(*s.p)) {
		s.p++;
		s.len--;
	}
	while (len < s.len && !is_between_words(s.p[len]))
		len++;
	if (!is_one_of(negations, (struct span){ s.p, len }))
		return (struct span){ s.p, len };
	for (len += len < s.len; len < s.len && !is_between_words(s.p[len]);)
		len++;
	return (struct span){ s.p, len };
}

static const char *
of_file(struct span file, bool is_member)
{
	struct span first = first_word(file), last = word_from_end(file, 0);
	bool weak = is_member || is_one_of(settings, first) ||
	    is_one_of(settings, last);
	const char *name = name_of(last, weak);

	if (name == NULL)
		name = name_of(word_from_end(file, 1), weak);
	if (name == NULL && is_one_of(middles, word_from_end(file, 1)))
		name = name_of(word_from_end(file, 2), weak);
	return name;
}

static const char *
of_folder(struct span folder, bool may_be_weak)
{
	const char *name = name_of(word_from_end(folder, 0), may_be_weak);

	return name ? name : name_of(first_word(folder), may_be_weak);
}

bool
gv_environment_is_own(const char *path, size_t len)
{
	static const char folder[] = ".gitvault/";
	const size_t n = sizeof(folder) - 1;

	return len > n && memcmp(path, folder, n) == 0;
}

const char *
gv_environment_of(const char *path)
{
	static const char devices[] = "/dev/";
	const char *of_home = NULL, *whole = NULL, *of_word = NULL, *name;
	struct span file, folder, home;
	const char *at;

	if (gv_environment_is_own(path, strlen(path)))
		return NULL;
	/* whose files are devices, and memory: /dev/stdin, /dev/shm/work */
	if (strncmp(path, devices, strlen(devices)) == 0)
		path += strlen(devices);
	if (!part_before(&file, path, path + strlen(path)))
		return NULL;
	if (part_before(&home, path, file.p) && is_home(home) &&
	    (name = of_file(file, true)))
		return name;
	for (at = file.p; part_before(&folder, path, at); at = folder.p) {
		if (of_home == NULL && part_before(&home, path, folder.p) &&
		    is_home(home))
			of_home = of_folder(folder, true);
		if (whole == NULL)
			whole = name_of(folder, false);
		if (of_word == NULL)
			of_word = of_folder(folder, false);
	}
	if (of_home || whole)
		return of_home ? of_home : whole;
	name = of_file(file, false);
	return name ? name : of_word;
}

/* ---- words of a name ----------------------------------------------------- */

static size_t
word_end(const char *name, size_t len, size_t at)
{
	while (at < len && !is_between_words(name[at]))
		at++;
	return at;
}

/* Where the word that begins at `at` ends, with what a prefix makes another
 * environment of: non-prod. */
static size_t
end_with_prefix(const char *name, size_t len, size_t at)
{
	size_t end = word_end(name, len, at);

	if (end + 1 < len &&
	    is_one_of(negations, (struct span){ name + at, end - at }))
		end = word_end(name, len, end + 1);
	return end;
}

bool
gv_environment_next_word(
    struct gv_environment_word *out, const char *name, size_t len, size_t from)
{
	static const enum gv_environment_proof proofs[] = {
		[STRONG] = GV_ENVIRONMENT_BY_NAME,
		[WEAK] = GV_ENVIRONMENT_BY_PLACE,
		[PROVEN] = GV_ENVIRONMENT_BY_OTHERS,
		[NOTHING] = GV_ENVIRONMENT_NEVER,
	};
	size_t at, end, i;

	for (at = from; at < len; at = end + 1) {
		end = end_with_prefix(name, len, at);
		i = find((struct span){ name + at, end - at });
		if (i == SPELLINGS)
			continue;
		*out = (struct gv_environment_word){ at, end - at,
			spellings[i].name, proofs[spellings[i].strength] };
		return true;
	}
	return false;
}
