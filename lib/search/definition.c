#include "search/definition.h"

#include <string.h>
#include <strings.h>

/* How far a word that defines a name may be before it, and a name from the
 * beginning of its line. A file may be a single line with the name in it a
 * hundred thousand times. */
#define BEFORE 256
#define FAR    4096

enum how {
	FUNCTION = 1 << 0, /* C: "type name(…" from the first column, no ';' */
	METHOD = 1 << 1,   /* "name(…) {" */
	PAREN = 1 << 2,    /* shell: "name()" */
	ASSIGN = 1 << 3,   /* "name =" is the first of the line */
	TOP = 1 << 4,      /* … but for blanks, which may not be there */
	KEY = 1 << 5,      /* "name:" or "- name:", also in quotes */
	LABEL = 1 << 6,    /* word "label" "name" */
	SECTION = 1 << 7,  /* "[name]" */
	ANY_CASE = 1 << 8, /* of the words */
};

/* `words` stand right before a name that is defined, `blocks` do only where a
 * block, a base or the end of the line follows. */
static const struct gv_definition_language {
	const char *suffixes; /* "=NAME" is a whole name */
	const char *words, *blocks;
	unsigned how;
} languages[] = {
	{ ".c .h .cc .cpp .cxx .hpp .hh .hxx .m .mm .y .l .cu",
	    "#define define namespace concept @interface @implementation "
	    "@protocol",
	    "struct union enum class", FUNCTION },
	{ ".go", "func type var const package", "", 0 },
	{ ".rs",
	    "fn struct enum trait mod macro_rules! union type const static", "",
	    0 },
	{ ".py .pyi .pyx .bzl .star", "def class", "", ASSIGN | TOP },
	{ ".rb .rake =Rakefile =Gemfile =Vagrantfile", "def class module", "",
	    ASSIGN | TOP },
	{ ".js .jsx .mjs .cjs .ts .tsx .mts .cts .vue .svelte",
	    "function function* class const let var interface type enum "
	    "namespace",
	    "", METHOD },
	{ ".java .cs .kt .kts .scala .groovy .gradle .dart .swift "
	  "=Jenkinsfile",
	    "class interface enum record object trait fun func def val struct "
	    "protocol typealias extension @interface namespace delegate",
	    "", METHOD },
	{ ".php .phtml", "function class interface trait enum const", "", 0 },
	{ ".pl .pm .t", "sub package", "", 0 },
	{ ".lua", "function", "", ASSIGN | TOP },
	{ ".sh .bash .zsh .ksh .bats =.bashrc =.profile",
	    "function alias export readonly declare typeset", "",
	    PAREN | ASSIGN },
	{ ".mk =Makefile =makefile =GNUmakefile .am", "define", "",
	    ASSIGN | KEY | TOP },
	{ ".tf .tofu .hcl .tfvars .nomad .bicep",
	    "param var resource module output", "", LABEL | ASSIGN },
	{ ".yml .yaml .json .json5 .jsonc", "", "", KEY },
	{ ".toml .ini .cfg .conf .properties .env .nix .editorconfig", "", "",
	    ASSIGN | SECTION },
	{ ".sql",
	    "table view function procedure index trigger type sequence schema "
	    "database exists",
	    "", ANY_CASE },
	{ ".ex .exs", "def defp defmodule defmacro defmacrop", "", 0 },
	{ ".erl .hrl .hs .rego .jl .r .R", "function module data type newtype",
	    "class", FUNCTION | ASSIGN | TOP },
	{ ".proto .thrift .graphql .gql",
	    "message service enum rpc type input interface union scalar query "
	    "mutation fragment struct",
	    "", 0 },
	{ ".pp", "class define node function type", "", ASSIGN },
	{ ".ps1 .psm1", "function filter class", "", ANY_CASE | ASSIGN },
	{ ".clj .cljs .cljc .el .lisp .scm",
	    "(defn (def (defmacro (defun (define (defvar (defn-", "", 0 },
	{ ".tcl .vim .awk", "proc function function! func", "", 0 },
	{ ".sol .zig .j2 .jinja",
	    "contract function event modifier fn const var macro", "", 0 },
	{ "=Dockerfile =Containerfile .dockerfile", "arg env as", "",
	    ANY_CASE },
};

/* ---- which language ------------------------------------------------------ */

static bool
is_in_list(const char *list, const char *text, size_t len, bool any_case)
{
	size_t n;

	for (; *list; list += n + (list[n] == ' ')) {
		n = strcspn(list, " ");
		if (n == len &&
		    (any_case ? strncasecmp(list, text, n)
			      : strncmp(list, text, n)) == 0)
			return true;
	}
	return false;
}

static bool
is_named(const char *suffixes, const char *name, size_t len)
{
	size_t n;

	for (; *suffixes; suffixes += n + (suffixes[n] == ' ')) {
		n = strcspn(suffixes, " ");
		if (*suffixes == '='
			? len == n - 1 && memcmp(name, suffixes + 1, len) == 0
			: len >= n && memcmp(name + len - n, suffixes, n) == 0)
			return true;
	}
	return false;
}

const struct gv_definition_language *
gv_definition_language(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	const size_t len = strlen(name);
	size_t i;

	for (i = 0; i < sizeof(languages) / sizeof(languages[0]); i++)
		if (is_named(languages[i].suffixes, name, len))
			return &languages[i];
	return NULL;
}

/* ---- what stands around it ----------------------------------------------- */

struct place {
	const struct gv_definition_language *lang;
	const char *line;
	size_t len, at, end; /* the name */
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_name_byte(char c)
{
	return c == '_' || c == '-' || c == '$' || c == '!' || c == '?' ||
	    (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* The word before the name, without what qualifies the name ("self.", "M.",
 * "*") or quotes it. */
static size_t
word_before(const char **word, const struct place *p)
{
	const size_t low = p->at > BEFORE ? p->at - BEFORE : 0;
	size_t end = p->at, begin;

	while (end > low && strchr(".:", p->line[end - 1]) && p->line[end - 1])
		for (end--; end > low && is_name_byte(p->line[end - 1]);)
			end--;
	while (end > low && strchr(" \t*&\"'", p->line[end - 1]) &&
	    p->line[end - 1])
		end--;
	/* "func (r *T) name(" */
	if (end > low && p->line[end - 1] == ')') {
		begin = end;
		while (begin > low && p->line[begin - 1] != '(')
			begin--;
		for (end = begin ? begin - 1 : 0;
		     end > low && is_blank(p->line[end - 1]);)
			end--;
		if (end != 4 || memcmp(p->line, "func", 4) != 0)
			return 0;
	}
	for (begin = end; begin > low && !is_blank(p->line[begin - 1]);)
		begin--;
	if (low && begin <= low)
		return 0;
	*word = p->line + begin;
	return end - begin;
}

/* The first byte that is not blank behind the name; NUL: none. */
static char
byte_behind(const struct place *p)
{
	size_t i = p->end;

	while (i < p->len && is_blank(p->line[i]))
		i++;
	return i < p->len ? p->line[i] : '\0';
}

static char
last_byte(const struct place *p)
{
	size_t i = p->len;

	while (i && (is_blank(p->line[i - 1]) || p->line[i - 1] == '\r'))
		i--;
	return i ? p->line[i - 1] : '\0';
}

/* How many bytes of blanks, a hyphen of a list and a quote the name is behind,
 * if nothing else is before it. */
static bool
is_first(const struct place *p, const char *before)
{
	size_t i;

	for (i = 0; i < p->at; i++)
		if (strchr(before, p->line[i]) == NULL)
			return false;
	return true;
}

static bool
is_by_word(const struct place *p)
{
	const bool any_case = p->lang->how & ANY_CASE;
	const char *word, behind = byte_behind(p);
	const size_t n = word_before(&word, p);

	if (n == 0)
		return false;
	if (is_in_list(p->lang->words, word, n, any_case))
		return true;
	return is_in_list(p->lang->blocks, word, n, any_case) &&
	    (behind == '\0' || behind == '{' || behind == ':' ||
		behind == '\r');
}

static bool
is_function(const struct place *p)
{
	if (p->end >= p->len || p->line[p->end] != '(' ||
	    is_blank(p->line[0]) || memchr(p->line, '=', p->at) ||
	    memchr(p->line, '(', p->at) || memchr(p->line, '"', p->at))
		return false;
	return strchr(";\\", last_byte(p)) == NULL || last_byte(p) == '\0';
}

/* Not what calls or asks. */
static bool
is_method(const struct place *p)
{
	static const char no[] = "if for while switch return new else catch do "
				 "await throw in of typeof delete case";
	const char *word;
	size_t n;

	if (byte_behind(p) != '(' || last_byte(p) != '{' ||
	    (p->at && strchr(".(=,!", p->line[p->at - 1])) ||
	    is_in_list(no, p->line + p->at, p->end - p->at, false) ||
	    memchr(p->line, '=', p->at) || memchr(p->line, '(', p->at))
		return false;
	n = word_before(&word, p);
	return n == 0 || !is_in_list(no, word, n, false);
}

static bool
is_assigned(const struct place *p)
{
	const char *q = p->line + p->end, *end = p->line + p->len;

	while (q < end && is_blank(*q))
		q++;
	q += q < end && strchr(":?+", *q) != NULL;
	if (q < end && *q == '<')
		return q + 1 < end && q[1] == '-';
	return q < end && *q == '=' && (q + 1 == end || q[1] != '=');
}

static bool
is_label(const struct place *p)
{
	static const char words[] =
	    "resource data module variable output provider job group task "
	    "source build ephemeral check";
	size_t i = 0;

	while (i < p->at && !is_blank(p->line[i]))
		i++;
	return is_in_list(words, p->line, i, false) && p->at &&
	    p->line[p->at - 1] == '"' && p->end < p->len &&
	    p->line[p->end] == '"';
}

bool
gv_definition_is(const struct gv_definition_language *lang, const char *line,
    size_t len, size_t at, size_t n)
{
	const struct place p = { lang, line, len, at, at + n };
	size_t i;

	if (lang == NULL || n == 0)
		return false;
	for (i = at; i < p.end; i++)
		if (!is_name_byte(line[i]) && line[i] != '.')
			return false;
	if (is_by_word(&p))
		return true;
	if (at > FAR)
		return false;
	if ((lang->how & FUNCTION) && is_function(&p))
		return true;
	if ((lang->how & METHOD) && is_method(&p))
		return true;
	if ((lang->how & PAREN) && is_first(&p, " \t") && p.end + 1 < len &&
	    memcmp(line + p.end, "()", 2) == 0)
		return true;
	if ((lang->how & ASSIGN) &&
	    is_first(&p, lang->how & TOP ? "" : " \t$") && is_assigned(&p))
		return true;
	if ((lang->how & KEY) &&
	    is_first(&p, lang->how & TOP ? "" : " \t-\"'{,")) {
		i = p.end + (p.end < len && strchr("\"'", line[p.end]));
		return i < len && line[i] == ':';
	}
	if ((lang->how & SECTION) && at == 1 && *line == '[' && p.end < len &&
	    line[p.end] == ']')
		return true;
	return (lang->how & LABEL) && is_label(&p);
}
