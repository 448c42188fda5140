
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'vdk' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'vdk'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'vdk' {
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'How much to tell on stderr; never a value or a token [default: INFO]')
            [CompletionResult]::new('--verbosity', '--verbosity', [CompletionResultType]::ParameterName, 'How much to tell on stderr; never a value or a token [default: INFO]')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The same as -v DEBUG')
            [CompletionResult]::new('--dev', '--dev', [CompletionResultType]::ParameterName, 'The same as -v DEBUG')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('secrets', 'secrets', [CompletionResultType]::ParameterValue, 'Set, get, list and delete secrets of a data job')
            [CompletionResult]::new('properties', 'properties', [CompletionResultType]::ParameterValue, 'Set, get, list and delete properties of a data job')
            [CompletionResult]::new('set-default', 'set-default', [CompletionResultType]::ParameterValue, 'Save a default team or Control Service')
            [CompletionResult]::new('reset-default', 'reset-default', [CompletionResultType]::ParameterValue, 'Forget a saved default')
            [CompletionResult]::new('info', 'info', [CompletionResultType]::ParameterValue, 'Tell the version of a Control Service and the Python versions it supports')
            [CompletionResult]::new('local', 'local', [CompletionResultType]::ParameterValue, 'Look after the encrypted store on this machine (-u local)')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Tell the version')
            [CompletionResult]::new('completion', 'completion', [CompletionResultType]::ParameterValue, 'Print the completions of a shell')
            [CompletionResult]::new('server', 'server', [CompletionResultType]::ParameterValue, 'Serve secrets and properties from this machine: the Control Service')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'vdk;secrets' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: the one whose config.ini is in the working directory]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: the one whose config.ini is in the working directory]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Set a secret; without VALUE, or before another option, a hidden prompt asks for it. A VALUE may begin with a dash; one that is spelled exactly like an option of this command, such as --list, needs --set-prompt or --set-file')
            [CompletionResult]::new('--set-prompt', '--set-prompt', [CompletionResultType]::ParameterName, 'Set a secret from a hidden prompt, or from a line of stdin without a terminal')
            [CompletionResult]::new('--set-file', '--set-file', [CompletionResultType]::ParameterName, 'Set a secret from a file, byte for byte; - is stdin')
            [CompletionResult]::new('--set-json', '--set-json', [CompletionResultType]::ParameterName, 'Set a secret to a JSON value: a number, boolean, null, array or object')
            [CompletionResult]::new('--delete', '--delete', [CompletionResultType]::ParameterName, 'Delete keys: one or several')
            [CompletionResult]::new('--overwrite-all', '--overwrite-all', [CompletionResultType]::ParameterName, 'Replace all secrets by the JSON object in FILE; - is stdin')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print a secret; may be repeated')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'text: a table; json; raw: the value of one --get and nothing else; dotenv and shell: assignments, where all keys are names of variables; yaml [default: text]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'text: a table; json; raw: the value of one --get and nothing else; dotenv and shell: assignments, where all keys are names of variables; yaml [default: text]')
            [CompletionResult]::new('--delete-all', '--delete-all', [CompletionResultType]::ParameterName, 'Delete all secrets of the job')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask before --delete-all and --overwrite-all')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask before --delete-all and --overwrite-all')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only tell which keys a write would add, change, keep and remove')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'List the keys')
            [CompletionResult]::new('--get-all', '--get-all', [CompletionResultType]::ParameterName, 'List keys and values')
            [CompletionResult]::new('--show-secrets', '--show-secrets', [CompletionResultType]::ParameterName, 'With --list: show the values as well')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Tell who wrote which secrets, and when')
            [CompletionResult]::new('rollback', 'rollback', [CompletionResultType]::ParameterValue, 'Bring an older version of all secrets back')
            break
        }
        'vdk;secrets;history' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print it')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print it')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: the one whose config.ini is in the working directory]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: the one whose config.ini is in the working directory]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;secrets;rollback' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print what --dry-run tells')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print what --dry-run tells')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: the one whose config.ini is in the working directory]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: the one whose config.ini is in the working directory]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only tell which keys it would add, change, keep and remove')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;properties' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: the one whose config.ini is in the working directory]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: the one whose config.ini is in the working directory]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Set a property; without VALUE, or before another option, a hidden prompt asks for it. A VALUE may begin with a dash; one that is spelled exactly like an option of this command, such as --list, needs --set-prompt or --set-file')
            [CompletionResult]::new('--set-prompt', '--set-prompt', [CompletionResultType]::ParameterName, 'Set a property from a hidden prompt, or from a line of stdin without a terminal')
            [CompletionResult]::new('--set-file', '--set-file', [CompletionResultType]::ParameterName, 'Set a property from a file, byte for byte; - is stdin')
            [CompletionResult]::new('--set-json', '--set-json', [CompletionResultType]::ParameterName, 'Set a property to a JSON value: a number, boolean, null, array or object')
            [CompletionResult]::new('--delete', '--delete', [CompletionResultType]::ParameterName, 'Delete keys: one or several')
            [CompletionResult]::new('--overwrite-all', '--overwrite-all', [CompletionResultType]::ParameterName, 'Replace all properties by the JSON object in FILE; - is stdin')
            [CompletionResult]::new('--get', '--get', [CompletionResultType]::ParameterName, 'Print a property; may be repeated')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'text: a table; json; raw: the value of one --get and nothing else; dotenv and shell: assignments, where all keys are names of variables; yaml [default: text]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'text: a table; json; raw: the value of one --get and nothing else; dotenv and shell: assignments, where all keys are names of variables; yaml [default: text]')
            [CompletionResult]::new('--delete-all', '--delete-all', [CompletionResultType]::ParameterName, 'Delete all properties of the job')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask before --delete-all and --overwrite-all')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask before --delete-all and --overwrite-all')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only tell which keys a write would add, change, keep and remove')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'List keys and values')
            [CompletionResult]::new('--get-all', '--get-all', [CompletionResultType]::ParameterName, 'List keys and values')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Tell who wrote which properties, and when')
            [CompletionResult]::new('rollback', 'rollback', [CompletionResultType]::ParameterValue, 'Bring an older version of all properties back')
            break
        }
        'vdk;properties;history' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print it')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print it')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: the one whose config.ini is in the working directory]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: the one whose config.ini is in the working directory]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;properties;rollback' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print what --dry-run tells')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print what --dry-run tells')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The data job [default: the one whose config.ini is in the working directory]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The data job [default: the one whose config.ini is in the working directory]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Its team [default: [owner] team of that config.ini, then the saved default]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL, or local for the store on this machine')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only tell which keys it would add, change, keep and remove')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;set-default' {
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'The team that commands use without -t')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'The team that commands use without -t')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service that commands use without -u: a URL, or local')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service that commands use without -u: a URL, or local')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;reset-default' {
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Forget the default team')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'Forget the default team')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'Forget the default Control Service')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'Forget the default Control Service')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;info' {
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'A team of that Control Service')
            [CompletionResult]::new('--team', '--team', [CompletionResultType]::ParameterName, 'A team of that Control Service')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The Control Service''s base URL')
            [CompletionResult]::new('--rest-api-url', '--rest-api-url', [CompletionResultType]::ParameterName, 'The Control Service''s base URL')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print it')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print it')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;local' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Where the store and its master key are')
            [CompletionResult]::new('backup', 'backup', [CompletionResultType]::ParameterValue, 'Write a consistent copy of the store, still encrypted, to a new file')
            [CompletionResult]::new('export-key', 'export-key', [CompletionResultType]::ParameterValue, 'Write the master key, which opens the store, to a new file')
            [CompletionResult]::new('import-key', 'import-key', [CompletionResultType]::ParameterValue, 'Take the master key of a store that was moved here')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'vdk;local;status' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print it')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print it')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;local;backup' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;local;export-key' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;local;import-key' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;local;help' {
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Where the store and its master key are')
            [CompletionResult]::new('backup', 'backup', [CompletionResultType]::ParameterValue, 'Write a consistent copy of the store, still encrypted, to a new file')
            [CompletionResult]::new('export-key', 'export-key', [CompletionResultType]::ParameterValue, 'Write the master key, which opens the store, to a new file')
            [CompletionResult]::new('import-key', 'import-key', [CompletionResultType]::ParameterValue, 'Take the master key of a store that was moved here')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'vdk;local;help;status' {
            break
        }
        'vdk;local;help;backup' {
            break
        }
        'vdk;local;help;export-key' {
            break
        }
        'vdk;local;help;import-key' {
            break
        }
        'vdk;local;help;help' {
            break
        }
        'vdk;version' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to print it')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to print it')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;completion' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'vdk;server' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Properties file with settings, such as application.properties')
            [CompletionResult]::new('--address', '--address', [CompletionResultType]::ParameterName, 'Address to listen on [default: 127.0.0.1]')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port to listen on; 0 takes a free one [default: 8092]')
            [CompletionResult]::new('--check-config', '--check-config', [CompletionResultType]::ParameterName, 'Tell whether the settings are sound, and start nothing')
            [CompletionResult]::new('--insecure-no-authentication', '--insecure-no-authentication', [CompletionResultType]::ParameterName, 'Listen beyond loopback although everybody who reaches it may do everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'vdk;help' {
            [CompletionResult]::new('secrets', 'secrets', [CompletionResultType]::ParameterValue, 'Set, get, list and delete secrets of a data job')
            [CompletionResult]::new('properties', 'properties', [CompletionResultType]::ParameterValue, 'Set, get, list and delete properties of a data job')
            [CompletionResult]::new('set-default', 'set-default', [CompletionResultType]::ParameterValue, 'Save a default team or Control Service')
            [CompletionResult]::new('reset-default', 'reset-default', [CompletionResultType]::ParameterValue, 'Forget a saved default')
            [CompletionResult]::new('info', 'info', [CompletionResultType]::ParameterValue, 'Tell the version of a Control Service and the Python versions it supports')
            [CompletionResult]::new('local', 'local', [CompletionResultType]::ParameterValue, 'Look after the encrypted store on this machine (-u local)')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Tell the version')
            [CompletionResult]::new('completion', 'completion', [CompletionResultType]::ParameterValue, 'Print the completions of a shell')
            [CompletionResult]::new('server', 'server', [CompletionResultType]::ParameterValue, 'Serve secrets and properties from this machine: the Control Service')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'vdk;help;secrets' {
            break
        }
        'vdk;help;properties' {
            break
        }
        'vdk;help;set-default' {
            break
        }
        'vdk;help;reset-default' {
            break
        }
        'vdk;help;info' {
            break
        }
        'vdk;help;local' {
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Where the store and its master key are')
            [CompletionResult]::new('backup', 'backup', [CompletionResultType]::ParameterValue, 'Write a consistent copy of the store, still encrypted, to a new file')
            [CompletionResult]::new('export-key', 'export-key', [CompletionResultType]::ParameterValue, 'Write the master key, which opens the store, to a new file')
            [CompletionResult]::new('import-key', 'import-key', [CompletionResultType]::ParameterValue, 'Take the master key of a store that was moved here')
            break
        }
        'vdk;help;local;status' {
            break
        }
        'vdk;help;local;backup' {
            break
        }
        'vdk;help;local;export-key' {
            break
        }
        'vdk;help;local;import-key' {
            break
        }
        'vdk;help;version' {
            break
        }
        'vdk;help;completion' {
            break
        }
        'vdk;help;server' {
            break
        }
        'vdk;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
