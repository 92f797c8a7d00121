# Completion of git-vault and, through git's own completion, of git vault.
# shellcheck shell=bash
#
# Everything that can be offered comes from `git-vault completion candidates`,
# one process each time. This file only hands it the line, and its answer to
# bash.

# The words of the line up to the cursor: bash also cuts at '=' and ':'.
__git_vault_words ()
{
  local i word rest=${COMP_LINE:0:COMP_POINT}
  words=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if ((i > 0)) && [[ $rest != [[:blank:]]* ]]; then
      ((${#rest} < ${#word})) && word=$rest
      words[${#words[@]} - 1]+=$word
    else
      rest=${rest#"${rest%%[![:blank:]]*}"}
      ((${#rest} < ${#word})) && word=$rest
      words+=("$word")
    fi
    rest=${rest#"$word"}
  done
}

# Where there are several, what is said of each stands behind it in the list.
__git_vault_describe ()
{
  local i
  case $COMP_TYPE in
  33 | 63 | 64) ;; # the list is shown
  *) return ;;
  esac
  for i in "${!COMPREPLY[@]}"; do
    if [[ -n ${abouts[i]} ]]; then
      COMPREPLY[i]+="  (${abouts[i]})"
      COMPREPLY[i]=${COMPREPLY[i]:0:${COLUMNS:-80} - 1}
    fi
  done
}

# Files or directories on disk ($1: the option of compgen).
__git_vault_files ()
{
  local line
  compopt -o filenames 2>/dev/null
  while IFS= read -r line; do
    COMPREPLY+=("$line")
  done < <(compgen "$1" -- "${typed#"$keep"}")
}

# The words behind git-vault, the last one being that to complete.
__git_vault_complete ()
{
  local answer how value about typed=${!#} keep='' abouts=()
  COMPREPLY=()
  if type -P git-vault >/dev/null; then
    answer=$(git-vault completion candidates bash -- "$@" 2>/dev/null)
  else
    answer=$(git vault completion candidates bash -- "$@" 2>/dev/null)
  fi
  how=${answer%%$'\n'*}
  # bash replaces only what stands behind the last of these
  if [[ $typed == *[=:]* && $typed != [\'\"]* ]]; then
    if [[ $COMP_WORDBREAKS == *:* ]]; then
      keep=${typed%"${typed##*[=:]}"}
    else
      keep=${typed%"${typed##*=}"}
    fi
  fi
  # git's completion has switched the blank behind a word off
  compopt +o nospace 2>/dev/null
  case $how in
  files) __git_vault_files -f && return ;;
  dirs) __git_vault_files -d && return ;;
  paths) compopt -o filenames 2>/dev/null ;;
  order) compopt -o nosort 2>/dev/null ;;
  esac
  [[ $answer == *$'\n'* ]] || return
  while IFS=$'\t' read -r value about; do
    COMPREPLY+=("${value#"$keep"}")
    abouts+=("$about")
  done <<<"${answer#*$'\n'}"
  if [[ ${#COMPREPLY[@]} == 1 ]]; then
    [[ ${COMPREPLY[0]} != *[=/:] ]] || compopt -o nospace 2>/dev/null
  elif [[ $how != paths ]]; then
    __git_vault_describe
  fi
}

# Called by git's completion, which has set words, cword and cur.
# shellcheck disable=SC2154
_git_vault ()
{
  local i first=${__git_cmd_idx:-0} dirs=()
  for ((i = 1; first == 0 && i < cword; i++)); do
    case ${words[i]} in
    -C | -c | --git-dir | --work-tree | --namespace) ((i++)) ;;
    -*) ;;
    *) first=$i ;;
    esac
  done
  for ((i = 1; i < first; i++)); do
    if [[ ${words[i]} == -C ]]; then
      dirs+=(-C "${words[i + 1]}")
    fi
  done
  __git_vault_complete ${dirs[@]+"${dirs[@]}"} \
    "${words[@]:first + 1:cword - first - 1}" "$cur"
}

__git_vault_alone ()
{
  local words
  __git_vault_words
  __git_vault_complete "${words[@]:1}"
}

complete -o bashdefault -F __git_vault_alone git-vault
