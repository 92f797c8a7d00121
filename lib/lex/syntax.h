#ifndef GV_SYNTAX_H
#define GV_SYNTAX_H
/*
 * By which habits a file assigns values to names, told by its path, and where
 * that says nothing by its first bytes.
 */

#include <stdbool.h>
#include <stddef.h>

enum gv_syntax {
	GV_SYNTAX_TEXT, /* prose, or what we do not know */
	GV_SYNTAX_ENV,  /* name=value lines */
	GV_SYNTAX_SHELL,
	GV_SYNTAX_DOCKERFILE,
	GV_SYNTAX_INI, /* also .properties and .conf */
	GV_SYNTAX_YAML,
	GV_SYNTAX_JSON,
	GV_SYNTAX_TOML,
	GV_SYNTAX_HCL,
	GV_SYNTAX_XML,
	GV_SYNTAX_CSV,  /* a table, names in its first row */
	GV_SYNTAX_CODE, /* what is not in quotes is an expression */
};

/* The syntax of a file. `path` may be NULL. */
enum gv_syntax gv_syntax_of(const char *path, const void *data, size_t len);

/* Whether a path says that its file shows what one may look like: examples,
 * samples, templates, test data, documentation but for runbooks. A stage that
 * is called test, as in environments/test/ or test.tfvars, is no example. */
bool gv_syntax_is_example(const char *path);

/* Whether the file is there to be copied and filled in: .env.example. */
bool gv_syntax_is_pattern(const char *path);

/* Whether a path says that its file holds the texts of a program in one of its
 * languages: locales/de.yml. */
bool gv_syntax_is_translation(const char *path);

/* Whether a program is there to be filled in with settings: settings.py,
 * config/web.php, attributes/default.rb of Chef; or to set something up, as one
 * of PowerShell, Gradle, Nix, Jsonnet or Bicep. */
bool gv_syntax_is_settings(const char *path);

/* Whether a program of PHP does nothing but return an array: settings, too. */
bool gv_syntax_returns_settings(const char *data, size_t len);

/* Whether a path says that its file is written to be read: Markdown and the
 * like, where settings stand for those that a reader will have. */
bool gv_syntax_is_prose(const char *path);

/* Whether people note things in such a file, or a program logs to it: .txt,
 * .log, README. In any other text whose ending is not known a line that only
 * sets something is a setting. NULL is such a note. */
bool gv_syntax_is_note(const char *path);

#endif
