# Completion of vdk in bash. The words come from vdk itself: vdk completion bash prints this file.
_vdk() {
    local kind='' line vdk=${1/#\~/$HOME}
    # An alias is no program.
    type -P -- "$vdk" >/dev/null || vdk=vdk
    COMPREPLY=()
    {
        IFS= read -r kind
        if [[ ${BASH_VERSINFO[0]} -ge 4 ]]; then
            mapfile -t COMPREPLY
        else
            while IFS= read -r line; do
                COMPREPLY+=("$line")
            done
        fi
    } < <(printf '%s\0' "$COMP_LINE" "$COMP_WORDBREAKS" | "$vdk" __complete bash "$COMP_POINT" 2>/dev/null)
    case $kind in
    words) ;;
    beginnings)
        compopt -o nospace 2>/dev/null
        ;;
    files)
        compopt -o default -o bashdefault 2>/dev/null || COMPREPLY=($(compgen -f -- "$2"))
        ;;
    'program '*)
        if declare -F _comp_command_offset >/dev/null; then
            _comp_command_offset "${kind#* }"
        elif declare -F _command_offset >/dev/null; then
            _command_offset "${kind#* }"
        elif [[ $COMP_CWORD -eq ${kind#* } ]]; then
            COMPREPLY=($(compgen -c -- "$2"))
        else
            compopt -o default -o bashdefault 2>/dev/null || COMPREPLY=($(compgen -f -- "$2"))
        fi
        ;;
    *)
        COMPREPLY=()
        ;;
    esac
}
complete -F _vdk vdk
