#include "symbol/symbol_internal.h"

#include <string.h>

#include "base/err.h"

/*
 * Which reader and which extractors a kind of file has. A file that two tools
 * write in the same form is given to both, and each takes what is its own.
 */

#define EXTRACTORS_MOST  8
#define PLACEHOLDER_MOST 256 /* bytes of a file that is encrypted */

struct reader {
	enum gv_doc_format format;
	/* YAML that is a template where it has {{ }} in it */
	bool may_be_template;
	gv_symbol_extractor *extractors[EXTRACTORS_MOST];
};

static const struct reader readers[GV_SYMBOL_DIALECTS] = {
	[GV_SYMBOL_DIALECT_TERRAFORM] = { GV_DOC_FORMAT_HCL, false,
	    { gv_symbol_terraform, gv_symbol_guard } },
	[GV_SYMBOL_DIALECT_TERRAFORM_JSON] = { GV_DOC_FORMAT_HCL_JSON, false,
	    { gv_symbol_terraform, gv_symbol_guard } },
	[GV_SYMBOL_DIALECT_TFVARS] = { GV_DOC_FORMAT_HCL, false,
	    { gv_symbol_tfvars, gv_symbol_guard } },
	[GV_SYMBOL_DIALECT_TFVARS_JSON] = { GV_DOC_FORMAT_JSON, false,
	    { gv_symbol_tfvars, gv_symbol_guard } },
	[GV_SYMBOL_DIALECT_TERRAFORM_LOCK] = { GV_DOC_FORMAT_HCL, false,
	    { gv_symbol_terraform_lock } },
	[GV_SYMBOL_DIALECT_TERRAGRUNT] = { GV_DOC_FORMAT_HCL, false,
	    { gv_symbol_terragrunt } },
	[GV_SYMBOL_DIALECT_YAML] = { GV_DOC_FORMAT_YAML, true,
	    { gv_symbol_k8s, gv_symbol_sops, gv_symbol_ansible, gv_symbol_cfn,
		gv_symbol_gitlab_included, gv_symbol_compose_other,
		gv_symbol_guard } },
	[GV_SYMBOL_DIALECT_JSON] = { GV_DOC_FORMAT_JSON, false,
	    { gv_symbol_k8s, gv_symbol_sops, gv_symbol_cfn, gv_symbol_guard } },
	[GV_SYMBOL_DIALECT_KUSTOMIZATION] = { GV_DOC_FORMAT_YAML, true,
	    { gv_symbol_kustomize, gv_symbol_k8s } },
	[GV_SYMBOL_DIALECT_HELM_CHART] = { GV_DOC_FORMAT_YAML, true,
	    { gv_symbol_helm_chart } },
	[GV_SYMBOL_DIALECT_HELM_LOCK] = { GV_DOC_FORMAT_YAML, false,
	    { gv_symbol_helm_lock } },
	[GV_SYMBOL_DIALECT_HELM_VALUES] = { GV_DOC_FORMAT_YAML, true,
	    { gv_symbol_helm_values, gv_symbol_guard, gv_symbol_sops } },
	[GV_SYMBOL_DIALECT_HELM_TEMPLATE] = { GV_DOC_FORMAT_TEMPLATE, true,
	    { gv_symbol_k8s } },
	[GV_SYMBOL_DIALECT_COMPOSE] = { GV_DOC_FORMAT_COMPOSE, false,
	    { gv_symbol_compose, gv_symbol_guard } },
	[GV_SYMBOL_DIALECT_ANSIBLE] = { GV_DOC_FORMAT_YAML, false,
	    { gv_symbol_ansible_folder, gv_symbol_k8s, gv_symbol_guard,
		gv_symbol_sops } },
	[GV_SYMBOL_DIALECT_ANSIBLE_INVENTORY] = { GV_DOC_FORMAT_INI, false,
	    { gv_symbol_ansible_inventory } },
	[GV_SYMBOL_DIALECT_ANSIBLE_CONFIG] = { GV_DOC_FORMAT_INI, false,
	    { gv_symbol_ansible_config } },
	[GV_SYMBOL_DIALECT_GITHUB] = { GV_DOC_FORMAT_YAML, false,
	    { gv_symbol_github } },
	[GV_SYMBOL_DIALECT_PULUMI_PROJECT] = { GV_DOC_FORMAT_YAML, false,
	    { gv_symbol_pulumi_project } },
	[GV_SYMBOL_DIALECT_PULUMI_STACK] = { GV_DOC_FORMAT_YAML, false,
	    { gv_symbol_pulumi_stack, gv_symbol_guard } },
	[GV_SYMBOL_DIALECT_GITLAB] = { GV_DOC_FORMAT_YAML, false,
	    { gv_symbol_gitlab } },
	[GV_SYMBOL_DIALECT_DOCKERFILE] = { GV_DOC_FORMAT_DOCKERFILE, false,
	    { gv_symbol_docker } },
	[GV_SYMBOL_DIALECT_ENV] = { GV_DOC_FORMAT_ENV, false,
	    { gv_symbol_env, gv_symbol_guard, gv_symbol_sops } },
	[GV_SYMBOL_DIALECT_SOPS_RULES] = { GV_DOC_FORMAT_YAML, false,
	    { gv_symbol_sops_rules } },
};

/* What reads the bytes of a file itself. */
typedef void byte_reader(struct gv_symbols *out, const char *text, size_t len);

static byte_reader *const byte_readers[GV_SYMBOL_DIALECTS] = {
	[GV_SYMBOL_DIALECT_SCRIPT] = gv_symbol_script,
	[GV_SYMBOL_DIALECT_JENKINS] = gv_symbol_jenkins,
	[GV_SYMBOL_DIALECT_CERTIFICATE] = gv_symbol_certificate,
	[GV_SYMBOL_DIALECT_HELM_TEMPLATE] = gv_symbol_helm_template,
	[GV_SYMBOL_DIALECT_HELM_HELPER] = gv_symbol_helm_template,
};

static bool
has_template(const char *text, size_t len)
{
	return memmem(text, len, "{{", 2) || memmem(text, len, "{%", 2);
}

static void
add_errors(struct gv_symbols *out, const struct gv_doc *doc)
{
	size_t i;

	for (i = 0; i < doc->n_errors; i++)
		gv_symbol_add(out,
		    &(struct gv_symbol_row){ .kind = GV_SYMBOL_ERROR,
			.line = gv_symbol_line_at(doc, doc->errors[i].at),
			.in = GV_SYMBOL_NONE,
			.name = doc->errors[i].what,
			.name_len = strlen(doc->errors[i].what) });
}

/* ---- comments that allow a finding --------------------------------------- */

#define IGNORE_WORD "gitvault: ignore "

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* RULE REASON, up to the end of the line, or of a comment that ends in it. */
static void
add_ignore(
    struct gv_symbols *out, const char *p, const char *end, uint32_t line)
{
	struct gv_symbol_row row = { .kind = GV_SYMBOL_VALUE,
		.word = GV_SYMBOL_VALUE_IGNORE,
		.line = line,
		.in = GV_SYMBOL_NONE };
	const char *close = memmem(p, (size_t)(end - p), "*/", 2);

	end = close ? close : end;
	close = memmem(p, (size_t)(end - p), "-->", 3);
	end = close ? close : end;
	for (; p < end && is_blank(*p); p++)
		;
	for (row.name = p; p < end && !is_blank(*p); p++)
		row.name_len++;
	for (; p < end && is_blank(*p); p++)
		;
	for (; end > p && (is_blank(end[-1]) || end[-1] == '\r'); end--)
		;
	row.extra = p;
	row.extra_len = (size_t)(end - p);
	if (row.name_len)
		gv_symbol_add(out, &row);
}

static void
add_ignores(struct gv_symbols *out, const char *text, size_t len)
{
	const char *end = text + len, *p = text, *from = text, *nl;
	uint32_t line = 1;

	while ((p = memmem(p, (size_t)(end - p), IGNORE_WORD,
		    strlen(IGNORE_WORD))) != NULL) {
		for (; (nl = memchr(from, '\n', (size_t)(p - from))) != NULL;
		     from = nl + 1)
			line++;
		p += strlen(IGNORE_WORD);
		nl = memchr(p, '\n', (size_t)(end - p));
		add_ignore(out, p, nl ? nl : end, line);
	}
}

static void
extract(struct gv_symbols *out, const struct reader *reader,
    const struct gv_doc *doc)
{
	size_t part, i;

	for (part = 0; part < doc->n_parts; part++)
		for (i = 0; i < EXTRACTORS_MOST && reader->extractors[i]; i++)
			if (doc->parts[part].node != GV_DOC_NONE)
				reader->extractors[i](
				    out, doc, doc->parts[part].node);
}

static int
finish(struct gv_symbols *out)
{
	if (!out->failed)
		return 0;
	gv_symbols_release(out);
	return gv_err_nomem();
}

/* YAML with "{{" in a text may be plain YAML, which a reader of templates takes
 * apart: where that one fails, the other may not. */
static int
read_doc(struct gv_doc *out, const struct reader *reader, const char *text,
    size_t len)
{
	struct gv_doc plain;
	int r;

	if (!reader->may_be_template || !has_template(text, len))
		return gv_doc_read(out, reader->format, text, len, NULL);
	r = gv_doc_read(out, GV_DOC_FORMAT_TEMPLATE, text, len, NULL);
	if (r < 0 || out->n_errors == 0)
		return r;
	if ((r = gv_doc_read(&plain, GV_DOC_FORMAT_YAML, text, len, NULL)) <
	    0) {
		gv_doc_release(out);
		return r;
	}
	if (plain.n_errors < out->n_errors) {
		gv_doc_release(out);
		*out = plain;
	} else {
		gv_doc_release(&plain);
	}
	return 0;
}

/* A file that a snapshot encrypts as a whole is one placeholder in its tree
 * (seal/redact.h), of which nothing is known. */
static bool
is_encrypted(const char *text, size_t len)
{
	static const char begin[] = "GITVAULT[file:";
	const size_t n = sizeof(begin) - 1;

	return len > n && len < PLACEHOLDER_MOST &&
	    memcmp(text, begin, n) == 0 && memchr(text, '\n', len) == NULL;
}

/* Tools that encrypt a file as a whole say so where it begins. */
static bool
add_sealed(struct gv_symbols *out, const char *text, size_t len)
{
	static const struct {
		const char *begin, *tool;
		size_t len;
	} tools[] = {
		{ "$ANSIBLE_VAULT;", "ansible-vault", 15 },
		{ "\0GITCRYPT\0", "git-crypt", 10 },
	};
	size_t i;

	for (i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		if (len < tools[i].len ||
		    memcmp(text, tools[i].begin, tools[i].len) != 0)
			continue;
		gv_symbol_add(out,
		    &(struct gv_symbol_row){ .kind = GV_SYMBOL_VALUE,
			.word = GV_SYMBOL_VALUE_SEALED,
			.line = 1,
			.in = GV_SYMBOL_NONE,
			.name = tools[i].tool,
			.name_len = strlen(tools[i].tool) });
		return true;
	}
	return false;
}

int
gv_symbols_read(struct gv_symbols *out, enum gv_symbol_dialect dialect,
    const char *text, size_t len)
{
	const struct reader *reader = &readers[dialect];
	struct gv_doc doc;
	int r;

	*out = (struct gv_symbols)GV_SYMBOLS_INIT;
	if (is_encrypted(text, len) ||
	    (dialect != GV_SYMBOL_DIALECT_NONE && add_sealed(out, text, len)))
		return finish(out);
	if (byte_readers[dialect])
		byte_readers[dialect](out, text, len);
	if (reader->extractors[0] == NULL)
		return finish(out);
	if ((r = read_doc(&doc, reader, text, len)) < 0) {
		gv_symbols_release(out);
		return r;
	}
	add_ignores(out, text, len);
	extract(out, reader, &doc);
	add_errors(out, &doc);
	gv_doc_release(&doc);
	return finish(out);
}
