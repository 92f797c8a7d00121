#include "doc/doc_internal.h"

/*
 * The format of a file by its name; a file of YAML that has templates in it is
 * one of those.
 */

struct ending {
	const char *text;
	enum gv_doc_format format;
};

static const struct ending endings[] = {
	{ ".tf.json", GV_DOC_FORMAT_HCL_JSON },
	{ ".tofu.json", GV_DOC_FORMAT_HCL_JSON },
	{ ".json", GV_DOC_FORMAT_JSON },
	{ ".tfstate", GV_DOC_FORMAT_JSON },
	{ ".yaml", GV_DOC_FORMAT_YAML },
	{ ".yml", GV_DOC_FORMAT_YAML },
	{ ".eyaml", GV_DOC_FORMAT_YAML },
	{ ".gotmpl", GV_DOC_FORMAT_YAML },
	{ ".tf", GV_DOC_FORMAT_HCL },
	{ ".tofu", GV_DOC_FORMAT_HCL },
	{ ".hcl", GV_DOC_FORMAT_HCL },
	{ ".tfvars", GV_DOC_FORMAT_HCL },
	{ ".tfbackend", GV_DOC_FORMAT_HCL },
	{ ".nomad", GV_DOC_FORMAT_HCL },
	{ ".env", GV_DOC_FORMAT_ENV },
	{ ".ini", GV_DOC_FORMAT_INI },
	{ ".cfg", GV_DOC_FORMAT_INI },
	{ ".service", GV_DOC_FORMAT_INI },
	{ ".properties", GV_DOC_FORMAT_PROPERTIES },
	{ ".toml", GV_DOC_FORMAT_TOML },
	{ ".xml", GV_DOC_FORMAT_XML },
	{ ".csproj", GV_DOC_FORMAT_XML },
	{ ".dockerfile", GV_DOC_FORMAT_DOCKERFILE },
};

static bool
begins(const char *name, const char *word)
{
	return strncmp(name, word, strlen(word)) == 0;
}

static bool
ends(const char *name, size_t len, const char *word)
{
	const size_t n = strlen(word);

	return len > n && memcmp(name + len - n, word, n) == 0;
}

/* docker-compose.prod.yml, compose.yaml */
static bool
is_compose(const char *name)
{
	return begins(name, "docker-compose.") || begins(name, "compose.") ||
	    begins(name, "docker-compose-") || begins(name, "compose-");
}

static bool
has_template(const char *text, size_t len)
{
	return len &&
	    (memmem(text, len, "{{", 2) || memmem(text, len, "{%", 2));
}

static bool
by_name(enum gv_doc_format *out, const char *name)
{
	const size_t len = strlen(name);
	size_t i;

	if (begins(name, "Dockerfile") || begins(name, "Containerfile")) {
		*out = GV_DOC_FORMAT_DOCKERFILE;
		return true;
	}
	for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		if (!ends(name, len, endings[i].text))
			continue;
		*out = endings[i].format;
		if (*out == GV_DOC_FORMAT_YAML && is_compose(name))
			*out = GV_DOC_FORMAT_COMPOSE;
		return true;
	}
	if (!begins(name, ".env"))
		return false;
	*out = GV_DOC_FORMAT_ENV;
	return true;
}

bool
gv_doc_format_of(
    enum gv_doc_format *out, const char *path, const char *text, size_t len)
{
	const char *slash = strrchr(path, '/');
	bool is_known = by_name(out, slash ? slash + 1 : path);

	if (is_known && *out == GV_DOC_FORMAT_YAML && has_template(text, len))
		*out = GV_DOC_FORMAT_TEMPLATE;
	return is_known;
}
