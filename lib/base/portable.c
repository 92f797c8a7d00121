#include "base/portable.h"

#include <string.h>

#include "base/utf8.h"

/* As in git's attr.h. */
#define ATTRIBUTE_LINE_MOST 2048
#define ATTRIBUTES_MOST     ((size_t)100 * 1024 * 1024)

static char
fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool
is_word(const char *text, size_t len, const char *word)
{
	size_t i;

	for (i = 0; i < len && word[i]; i++)
		if (fold(text[i]) != word[i])
			return false;
	return i == len && word[i] == '\0';
}

/* Devices of Windows, whatever suffix they have. */
static bool
is_device(const char *name, size_t len)
{
	static const char *const words[] = { "con", "prn", "aux", "nul",
		"conin$", "conout$" };
	const char *dot = memchr(name, '.', len);
	size_t n = dot ? (size_t)(dot - name) : len, i;

	while (n > 0 && name[n - 1] == ' ')
		n--;
	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (is_word(name, n, words[i]))
			return true;
	return n == 4 && name[3] >= '1' && name[3] <= '9' &&
	    (is_word(name, 3, "com") || is_word(name, 3, "lpt"));
}

const char *
gv_portable_name(const char *name, size_t len)
{
	size_t i;

	if (!gv_utf8_is_valid(name, len))
		return "macOS and Windows need names in UTF-8";
	for (i = 0; i < len; i++)
		if ((unsigned char)name[i] < 32 ||
		    memchr("<>:\"|?*\\", name[i], 8))
			return "Windows does not allow this character in names";
	if (len && (name[len - 1] == '.' || name[len - 1] == ' '))
		return "Windows does not allow names that end with a dot or a "
		       "blank";
	return is_device(name, len) ? "Windows keeps this name for a device"
				    : NULL;
}

/* Windows counts UTF-16 units, at most 259. The repository is at least in a
 * folder such as C:\r, which takes the rest. */
static bool
is_long(const char *path, size_t len)
{
	size_t units = 0, n;
	uint32_t c;

	if (len <= GV_PORTABLE_PATH_MOST)
		return false;
	for (; len; path += n, len -= n) {
		n = gv_utf8_next(&c, path, len);
		units += n == 4 ? 2 : 1;
		n = n ? n : 1;
	}
	return units > GV_PORTABLE_PATH_MOST;
}

const char *
gv_portable_path(const char *path, size_t len)
{
	const char *p = path, *end = path + len, *slash, *why = NULL;

	for (; !why && p < end; p = slash + 1) {
		slash = memchr(p, '/', (size_t)(end - p));
		slash = slash ? slash : end;
		why = gv_portable_name(p, (size_t)(slash - p));
	}
	return why || !is_long(path, len)
	    ? why
	    : "Windows does not allow paths of more than 259 characters, "
	      "including the folder around it, unless core.longpaths is set";
}

/* ---- what fsck refuses ---- */

bool
gv_portable_is_checked(const char *name, size_t len)
{
	return is_word(name, len, ".gitattributes") ||
	    is_word(name, len, ".gitmodules");
}

static const char *
check_attributes(const char *data, size_t len)
{
	const char *p = data, *end = data + len, *nl;

	if (len > ATTRIBUTES_MOST)
		return "it is larger than 100 MiB";
	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		nl = nl ? nl : end;
		if (nl - p >= ATTRIBUTE_LINE_MOST)
			return "a line of it has 2,048 bytes or more";
	}
	return NULL;
}

/* Whether a submodule's name would lead out of .git/modules. */
static bool
is_bad_module(const char *name, size_t len)
{
	size_t i, n;

	for (i = 0; i <= len; i += n + 1) {
		for (n = 0;
		     i + n < len && name[i + n] != '/' && name[i + n] != '\\';)
			n++;
		if (n == 2 && memcmp(name + i, "..", 2) == 0)
			return true;
	}
	return len == 0;
}

/* One line of .gitmodules, without blanks at its ends. */
static const char *
check_module_line(const char *p, size_t len)
{
	static const char section[] = "[submodule \"";
	const size_t n = sizeof(section) - 1;
	const char *value = memchr(p, '=', len), *quote;
	size_t key;

	if (len > n && memcmp(p, section, n) == 0) {
		quote = memchr(p + n, '"', len - n);
		return quote && is_bad_module(p + n, (size_t)(quote - p) - n)
		    ? "the name of a submodule leads out of .git/modules"
		    : NULL;
	}
	if (value == NULL)
		return NULL;
	key = (size_t)(value - p);
	while (key > 0 && strchr(" \t", p[key - 1]))
		key--;
	for (value++; value < p + len && strchr(" \t\"", *value);)
		value++;
	if (value == p + len)
		return NULL;
	if ((is_word(p, key, "url") || is_word(p, key, "path")) &&
	    *value == '-')
		return "the url or path of a submodule begins with '-'";
	return is_word(p, key, "update") && *value == '!'
	    ? "a submodule is updated by a command"
	    : NULL;
}

static const char *
check_modules(const char *data, size_t len)
{
	const char *p = data, *end = data + len, *nl, *why = NULL;
	size_t n;

	for (; !why && p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		nl = nl ? nl : end;
		while (p < nl && strchr(" \t", *p))
			p++;
		n = (size_t)(nl - p);
		while (n > 0 && strchr(" \t\r", p[n - 1]))
			n--;
		why = check_module_line(p, n);
	}
	return why;
}

const char *
gv_portable_content(
    const char *name, size_t name_len, const char *data, size_t len)
{
	if (is_word(name, name_len, ".gitattributes"))
		return check_attributes(data, len);
	return is_word(name, name_len, ".gitmodules") ? check_modules(data, len)
						      : NULL;
}
